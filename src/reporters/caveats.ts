/** What must be known beside the numbers of results, in sentences: the same in every report. */
import type { ResultDocument, StrategyResult } from '../results/document.js';

/** What stands for unmaps in a trace without unmap events. */
export const COUNTED_FROM_TLBIS = 'operations with a TLBI, each taken for one unmap, a lazy guest’s flush too';

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
  return isCounted ? [`per unmap: without unmap events in the trace, ${COUNTED_FROM_TLBIS}`] : [];
}

/** Names of the rows that `isMeant`, in one part; none for all of them. */
function rowNames(results: readonly StrategyResult[], isMeant: (result: StrategyResult) => boolean): string[] {
  if (results.every(isMeant)) return [];
  const names = results.filter(isMeant).map(({ strategy, atc }) => {
    const isWhole = results.every((one) => one.strategy !== strategy || isMeant(one));
    return isWhole ? strategy : `${strategy} (atc ${atc})`;
  });
  return [[...new Set(names)].join(', ')];
}
