/** What must be known beside the numbers of results, in sentences: the same in every report. */
import { COUNTED_FROM_TLBIS } from '../metrics/per-unmap.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';

/** The caveats of all results, each said once, with the rows that it is about where it is not about all. */
export function caveatNotes({ results }: ResultDocument): string[] {
  const traces = [...new Set(results.map(({ trace }) => trace))];
  return traces.flatMap((trace) => {
    const ofTrace = results.filter((result) => result.trace === trace);
    const texts = [...new Set(ofTrace.flatMap(({ caveats }) => caveats.map(({ text }) => text)))];
    return texts.map((text) => {
      const rows = rowNames(ofTrace, ({ caveats }) => caveats.some((one) => one.text === text));
      return `${[...(traces.length > 1 ? [trace] : []), ...rows].map((part) => `${part}: `).join('')}${text}`;
    });
  });
}

/** How unmaps are counted, where they are shown and not recorded. */
export function flushNote({ results }: ResultDocument): string[] {
  const isCounted = results.some(({ per_unmap: perUnmap }) => perUnmap?.counted_from === 'tlbis');
  return isCounted ? [`per unmap: there are no unmap events, so every operation ${COUNTED_FROM_TLBIS}`] : [];
}

/** The rows that `isMeant`, in one part, by the shorter list; none for all of them. */
function rowNames(results: readonly StrategyResult[], isMeant: (result: StrategyResult) => boolean): string[] {
  const others = results.filter((result) => !isMeant(result));
  if (others.length === 0) return [];
  const isMost = 2 * others.length < results.length;
  const named = isMost ? others : results.filter(isMeant);
  const names = named.map((row) => {
    const { strategy, atc } = row;
    const isWhole = results.every((one) => one.strategy !== strategy || named.includes(one));
    return isWhole ? strategy : `${strategy} (atc ${atc})`;
  });
  return [`${isMost ? 'all but ' : ''}${[...new Set(names)].join(', ')}`];
}
