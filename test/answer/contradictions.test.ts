/** Answer: over random results, does no sentence contradict the table, and is each made of the document's own numbers? */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerOf } from '../../src/answer/answer.js';
import { formatCount, formatNs, formatShare } from '../../src/reporters/table/format.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { COMPARISON, strategyResult } from '../reporters/documents.js';

const UNICODE = { unicode: true };
const NAMES = ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'v1-patch', 'native'];

const row = (strategy: string) =>
  fc
    .record({
      // Few values, so that there are ties.
      stallNs: fc.constantFrom(0, 5_000, 1_234_567, 1_240_000, 98_765_432, 7_000_000_000),
      durationNs: fc.constantFrom(0, 1_000_000, 16_700_000_000),
      stale: fc.constantFrom(0, 0, 0, 2),
      swallows: fc.constantFrom(false, false, true),
      operations: fc.constantFrom(0, 1, 3465),
      trapped: fc.nat(50),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      misses: fc.constantFrom(7245, 7245, 7000),
    })
    .map(({ stallNs, durationNs, stale, swallows, operations, trapped, share, misses }): StrategyResult => {
      const base = strategyResult(strategy, 'vsid', 5000, 7000);
      const { operation } = base.latency;
      const main = { ...base.tlb?.main, misses } as NonNullable<NonNullable<StrategyResult['tlb']>['main']>;
      const others = { ...operation, count: operations, p99_ns: 417 };
      return {
        ...base,
        latency: {
          ...base.latency,
          operation: { ...operation, count: operations },
          breakdown_total_ns: { exit: 9_000_000 },
          estimate_share: share,
        },
        guest: { ...base.guest, stall_total_ns: stallNs },
        throughput: { ...base.throughput, duration_ns: durationNs },
        caveats: swallows ? [{ about: 'swallowed-commands', text: 'x' }] : [],
        tlb: base.tlb === null ? null : { ...base.tlb, main },
        safety: { stale_in_window: 0, stale_after_sync: stale, first: [] },
        trapped_operations: { count: trapped, total_ns: 1_000_000, commands_by_opcode: { CFGI_STE: 44 }, others },
        operations_over_events: { bin_events: 1000, operations: [5, 1, 1], held_ns: [trapped * 1000, 500, 500] },
      };
    });

const document = fc
  .record({
    names: fc.subarray(NAMES, { minLength: 1 }),
    pacing: fc.constantFrom('closed', 'asap'),
    dma: fc.constantFrom('ordered', 'timed'),
    warmup_events: fc.constantFrom(0, 1500),
  })
  .chain(({ names, ...provenance }) =>
    fc.tuple(...names.map(row)).map(
      (results): ResultDocument => ({
        ...COMPARISON,
        provenance: { ...COMPARISON.provenance, ...provenance },
        results,
      }),
    ),
  );

const isSafe = (result: StrategyResult) =>
  !['native', 'v1-patch'].includes(result.strategy) &&
  result.latency.operation.count > 0 &&
  result.safety?.stale_after_sync === 0 &&
  result.caveats.length === 0;

it('the best is the safe row with the least stall, and nothing is said of what is not there', () => {
  const spoken = new Set<string>();
  const check = fc.property(document, fc.nat(5), (one, at) => {
    const base = one.results[at % one.results.length];
    for (const { rule, text, numbers } of answerOf(one, { strategy: base.strategy, atc: 'vsid' })) {
      spoken.add(rule);
      expect(text).not.toMatch(/NaN|undefined|Infinity|null|-\d/);
      expect(Object.values(numbers).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      const rows = one.results.filter(({ strategy }) => new RegExp(`(^|[ ,])${strategy}([’ ,]|$)`).test(text));
      if (rule === 'saving') {
        const leastNs = Math.min(...one.results.filter(isSafe).map(({ guest }) => guest.stall_total_ns));
        const best = one.results.filter((result) => isSafe(result) && result.guest.stall_total_ns === leastNs);
        for (const { strategy } of best) expect(text.slice(0, text.indexOf(': '))).toContain(strategy);
        expect(rows.filter((result) => result !== base && !best.includes(result))).toEqual([]);
        expect(text).toContain(`: ${formatNs(leastNs, UNICODE)}`);
        if (numbers.saved_ns > 0) {
          expect(numbers.saved_ns).toBe(base.guest.stall_total_ns - leastNs);
          expect(text).toContain(
            `${formatNs(numbers.saved_ns, UNICODE)} (${formatShare(numbers.saved_ns / base.guest.stall_total_ns)}) less`,
          );
        }
      }
      if (rule === 'stakes') {
        expect(text).toContain(
          `${base.strategy} stalls the guest for ${formatNs(base.guest.stall_total_ns, UNICODE)} in`,
        );
        expect(text).toContain(`${formatShare(base.guest.stall_total_ns / base.throughput.duration_ns)} of one vCPU`);
      }
      if (rule === 'tail') {
        const of = rows.find((result) => text.includes(` of ${result.strategy}’s`));
        expect(text).toContain(`${formatCount(of?.trapped_operations?.count)} of`);
        expect(text).toContain(`not ${formatNs(of?.latency.operation.p99_ns, UNICODE)}`);
      }
      if (rule === 'estimates') {
        for (const result of rows)
          expect(text).toContain(`${formatShare(result.latency.estimate_share)} of ${result.strategy}’s`);
      }
      if (rule === 'same-caches') {
        expect(new Set(one.results.map(({ tlb }) => tlb?.main?.misses))).toEqual(new Set([numbers.misses_count]));
        expect(numbers.miss_share).toBe(numbers.misses_count / (one.results[0].tlb?.translations ?? 0));
      }
      if (rule === 'warm-up') expect(numbers.warmup_events).toBeGreaterThan(one.provenance.warmup_events ?? 0);
    }
  });
  fc.assert(check, { numRuns: 500, seed: 18 });
  // Else it would have tested nothing.
  expect([...spoken].sort()).toEqual(
    ['estimates', 'same-caches', 'same-times', 'saving', 'stakes', 'tail', 'warm-up'].sort(),
  );
});
