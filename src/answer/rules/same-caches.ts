/** Why the columns about caches are the same on every path, and what the main TLB's misses are a part of. */
import { formatCount, formatShare } from '../../reporters/table/format.js';
import type { Rule } from '../rule.js';
import { listed } from '../view.js';

export const sameCaches: Rule = {
  name: 'same-caches',
  say({ results, provenance }) {
    if (results.length < 2 || provenance.dma !== 'ordered') return undefined;
    const all = results.map(({ tlb }) => tlb?.main);
    const [main] = all;
    const { translations, utlb } = results[0].tlb ?? {};
    if (main === undefined || main.lookups === 0 || translations === undefined) return undefined;
    if (all.some((one) => one?.misses !== main.misses || one.lookups !== main.lookups)) return undefined;
    const ratio = main.misses / translations;
    // What answers before the main TLB is asked: without it the misses of its lookups would be read as those of translations.
    const before = [
      ...(translations > (utlb ?? main).lookups ? ['ATCs'] : []),
      ...((utlb?.hits ?? 0) > 0 ? ['micro TLBs'] : []),
    ];
    const behind = before.length === 0 ? '' : `; the main TLB sees only what ${listed(before)} miss`;
    return {
      text: `TLB misses are the same on every path, ${formatCount(main.misses)} in ${formatCount(translations)} translations (${formatShare(ratio)}${behind}): with ordered DMA they do not depend on time`,
      numbers: { misses_count: main.misses, translations_count: translations, miss_share: ratio },
    };
  },
};
