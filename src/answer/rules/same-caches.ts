/** Why the columns about caches are the same on every path, and what the main TLB's misses are a part of. */
import { formatCount, formatShare } from '../../reporters/table/format.js';
import type { Rule } from '../rule.js';

export const sameCaches: Rule = {
  name: 'same-caches',
  say({ results, provenance }) {
    if (results.length < 2 || provenance.dma !== 'ordered') return undefined;
    const all = results.map(({ tlb }) => tlb?.main);
    const [main] = all;
    if (main === undefined || main.lookups === 0) return undefined;
    if (all.some((one) => one?.misses !== main.misses || one.lookups !== main.lookups)) return undefined;
    const micro = results[0].tlb?.utlb?.lookups;
    const isBehindMicro = micro !== undefined && micro > main.lookups;
    const of = isBehindMicro ? `${formatCount(micro)} translations` : `${formatCount(main.lookups)} lookups`;
    const ratio = main.misses / (isBehindMicro ? micro : main.lookups);
    const behind = isBehindMicro ? '; the main TLB sees only what micro TLBs miss' : '';
    return {
      text: `TLB misses are the same on every path, ${formatCount(main.misses)} in ${of} (${formatShare(ratio)}${behind}): with ordered DMA they do not depend on time`,
      numbers: {
        misses_count: main.misses,
        [isBehindMicro ? 'translations_count' : 'lookups_count']: isBehindMicro ? micro : main.lookups,
        miss_share: ratio,
      },
    };
  },
};
