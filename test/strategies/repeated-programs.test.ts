/**
 * Strategies tier: does a submission that repeats the shape of the one before cost and count what one compiled anew does?
 * Every transport is held against itself with every program compiled, on guests that repeat themselves and do not.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const SPECS = [
  ...strategyNames(),
  'ioctl-batched:uapi=k74',
  'sw-vcmdq:worker=poll',
  'sw-vcmdq:cons=trapped',
  'hw-vcmdq:lvcmdqs=1:sid-slots=1',
  'ecmdq:queues=2',
];

/** What the guest publishes at a time; `page` and `sid` differ between repetitions. */
const PUBLICATIONS: ((trace: TraceBuilder, page: number, sid: number) => TraceBuilder)[] = [
  (trace, page) => trace.tlbis(1, page).sync(),
  (trace, page) => trace.tlbis(1, page),
  (trace, page) => trace.tlbis(3, page).sync(),
  (trace, page) => trace.tlbis(9, page).sync(),
  (trace, page) => trace.tlbis(2, page).sync().tlbis(1, page).sync(),
  (trace) => trace.cmd('TLBI_NH_ALL').sync(),
  (trace) => trace.sync(),
  (trace) => trace,
  (trace, page, sid) => trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: page }).sync(),
  // Nothing but the stream tells which queue it takes.
  (trace, page, sid) => trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: page }),
  (trace, page, sid) => trace.tlbis(1, page).cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: page }).sync(),
  (trace, _page, sid) => trace.cmd('CFGI_STE', { SID: sid, LEAF: 1 }).sync(),
  (trace, _page, sid) => trace.cmd('CFGI_CD', { SID: sid, LEAF: 1 }).sync(),
  // What a vCPU publishes behind it depends on it.
  (trace, _page, sid) => trace.cmd('CFGI_CD', { SID: sid, LEAF: 1 }),
];

/** Runs of one publication each: what, how often, on which vCPU and how long after the one before. */
const guests = fc.array(
  fc.record({
    what: fc.integer({ min: 0, max: PUBLICATIONS.length - 1 }),
    times: fc.integer({ min: 1, max: 4 }),
    vcpu: fc.integer({ min: 0, max: 1 }),
    gapNs: fc.constantFrom(0, 100, 20_000),
  }),
  { minLength: 1, maxLength: 12 },
);

type Guest = typeof guests extends fc.Arbitrary<infer Runs> ? Runs : never;

function traceOf(runs: Guest): TraceBuilder {
  const trace = new TraceBuilder(4096);
  let timeNs = 0;
  let number = 0;
  for (const { what, times, vcpu, gapNs } of runs) {
    for (let i = 0; i < times; i++) {
      timeNs += gapNs;
      number++;
      trace.at(timeNs).vcpu(vcpu);
      trace.dma({ sid: 8 * (1 + (number % 3)), page: 0x1000 + (number % 16) });
      PUBLICATIONS[what](trace, 0x1000 + (number % 16), 8 * (1 + (number % 3))).doorbell();
    }
  }
  return trace;
}

describe.each(SPECS)('%s', (spec) => {
  it.each(['ordered', 'timed'] as const)('costs the same, compiled or repeated, DMA %s', async (dma) => {
    await fc.assert(
      fc.asyncProperty(guests, fc.integer({ min: 0, max: 6 }), async (runs, warmup) => {
        const trace = traceOf(runs);
        const repeated = await replayThrough(trace, spec, { dma, warmup });
        const compiled = await replayThrough(trace, spec, { dma, warmup, compilesEach: true });
        expect(repeated.result).toEqual(compiled.result);
      }),
      { numRuns: 60 },
    );
  });
});
