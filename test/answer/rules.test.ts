/** Answer: does each rule speak on a recording of which it has something to say, and is it silent where it has not? */
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../src/answer/answer.js';
import { RULES } from '../../src/answer/registry.js';
import { replay } from '../../src/library/library.js';
import { formatNs, formatShare } from '../../src/reporters/table/format.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { runRecording } from '../metrics/recordings.js';
import { tracePath } from '../support/traces.js';

const REBIND = 'rebind-strict.qemu-7.2.log.xz';
const BOOT = 'boot-strict.qemu-7.2.log.xz';
const USUAL = ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native'];
const IOCTL = { strategy: 'ioctl', atc: 'vsid' };
const UNICODE = { unicode: true };

const rebind = runRecording(REBIND, USUAL);
const boot = runRecording(BOOT, USUAL);

/** What `rule` says of `document`, with the document's own baseline. */
const said = (document: ResultDocument, rule: string, baseline: typeof IOCTL | undefined = IOCTL) =>
  answerOf(document, baseline).find((one) => one.rule === rule);
const text = (document: ResultDocument, rule: string) => said(document, rule)?.text;
const row = ({ results }: ResultDocument, name: string) => {
  const found = results.find(({ strategy }) => strategy === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
};
/** `document` with other rows, and another origin. */
const withRows = (document: ResultDocument, change: (result: StrategyResult) => Partial<StrategyResult>) => ({
  ...document,
  results: document.results.map((result) => ({ ...result, ...change(result) })),
});
const withProvenance = (document: ResultDocument, change: Partial<ResultDocument['provenance']>) => ({
  ...document,
  provenance: { ...document.provenance, ...change },
});

it('a comparison has the sentences in the order of the rules, each of one of them', async () => {
  const order = RULES.map(({ name }) => name);
  const { answer = [] } = await rebind;
  expect(answer.map(({ rule }) => rule)).toEqual(order.filter((name) => name !== 'warm-up'));
  expect(new Set(order).size).toBe(order.length);
  expect(answer).toEqual(answerOf(await rebind, IOCTL));
});

describe('saving', () => {
  it('names the safe path with the least stall, what it saves and the share of a vCPU', async () => {
    const document = await rebind;
    const [best, base] = [row(document, 'hw-vcmdq'), row(document, 'ioctl')];
    const saved = base.guest.stall_total_ns - best.guest.stall_total_ns;
    const share = saved / base.throughput.duration_ns;
    expect(text(document, 'saving')).toBe(
      `Of the safe paths the guest stalls least on hw-vcmdq: ${formatNs(best.guest.stall_total_ns, UNICODE)}, ${formatNs(saved, UNICODE)} (88.9%) less than on ioctl, ${formatShare(share)} of one vCPU`,
    );
    expect(said(document, 'saving')?.numbers).toMatchObject({ saved_ns: saved, share_of_one_vcpu: share });
  });

  it('never names a path that uses stale translations or drops commands, however fast', async () => {
    const document = withRows(await rebind, ({ strategy, safety }) =>
      strategy === 'hw-vcmdq' && safety !== null ? { safety: { ...safety, stale_after_sync: 1 } } : {},
    );
    expect(text(document, 'saving')).toMatch(/^Of the safe paths the guest stalls least on sw-vcmdq:/);
    const dropping = withRows(document, ({ strategy }) =>
      strategy === 'sw-vcmdq' ? { caveats: [{ about: 'swallowed-commands', text: '' }] } : {},
    );
    expect(text(dropping, 'saving')).toBe(
      'Of the safe paths the guest stalls least on ioctl and ioctl-batched: 16.3 ms',
    );
  });

  it('says what the saving costs the host, and what is not seen of its safety', async () => {
    const polling = await runRecording(REBIND, ['ioctl', 'sw-vcmdq:worker=poll']);
    expect(text(polling, 'saving')).toMatch(/; it takes 14\.3 s more of the host’s CPUs$/);
    const ftrace = await runRecording('rebind-strict.ftrace.txt.xz', ['ioctl', 'hw-vcmdq']);
    expect(text(ftrace, 'saving')).toMatch(/; no translations, so staleness is not seen$/);
  });

  it('names equals together, and says that little is little', async () => {
    const stage2 = await runRecording('stage2-bigsg.qemu-10.0.log.xz', ['ioctl', 'hw-vcmdq']);
    expect(text(stage2, 'saving')).toMatch(/; too little to choose by; errors of the trace are in its times/);
    const equal = await runRecording(REBIND, ['sw-vcmdq', 'ioctl', 'ioctl-batched', 'native']);
    const slow = withRows(equal, (one) =>
      one.strategy === 'sw-vcmdq' ? { guest: { ...one.guest, stall_total_ns: 1e9 } } : {},
    );
    expect(text(slow, 'saving')).toMatch(/^Of the safe paths the guest stalls least on ioctl and ioctl-batched/);
  });

  it('is relative to bare metal where that is the baseline', async () => {
    expect(said(await rebind, 'saving', { strategy: 'native', atc: 'vsid' })?.text).toBe(
      'Of the safe paths the guest stalls least on hw-vcmdq: 1.81 ms, 1.26x that on native; it takes 393 µs more of the host’s CPUs',
    );
  });

  it('is silent with faults, a change of paths, no baseline, and seeds that do not agree', async () => {
    const document = await rebind;
    expect(answerOf(document, undefined).map(({ rule }) => rule)).not.toContain('saving');
    expect(text(withProvenance(document, { faults: ['illegal@1'] }), 'saving')).toBeUndefined();
    const migrating = await replay(tracePath(REBIND), { strategy: 'hw-vcmdq', migrateAt: '7s', to: 'sw-vcmdq' });
    expect(migrating.answer?.map(({ rule }) => rule)).toEqual(['estimates']);
    const seeded = (low: number) =>
      withRows(withProvenance(document, { seeds: 3 }), ({ strategy }) => ({
        by_seed: { 'guest.stall_total_ns': strategy === 'hw-vcmdq' ? [2e6, low, 3e6] : [4e7, 3e7, 5e7] },
      }));
    expect(text(seeded(9e6), 'saving')).toMatch(
      /: 3\.00 ms, 37\.0 ms \(92\.5%\) less than on ioctl.*; medians of 3 seeds$/,
    );
    expect(text(seeded(9e6), 'stakes')).toMatch(/^ioctl stalls the guest for 40\.0 ms .*; medians of 3 seeds$/);
    expect(text(seeded(6e7), 'saving')).toBeUndefined();
  });
});

describe('stakes', () => {
  it('is the baseline’s stall in the simulated time; a guest that QEMU slowed has no verdict', async () => {
    const { guest, throughput, latency } = row(await rebind, 'ioctl');
    expect(text(await rebind, 'stakes')).toBe(
      'ioctl stalls the guest for 16.3 ms in 14.4 s (simulated), 0.1% of one vCPU, at 241 operations per s; QEMU’s logging slowed the guest: read the ratios',
    );
    expect(said(await rebind, 'stakes')?.numbers).toEqual({
      stall_ns: guest.stall_total_ns,
      duration_ns: throughput.duration_ns,
      share_of_one_vcpu: guest.stall_total_ns / throughput.duration_ns,
      operations_per_s: (latency.operation.count * 1e9) / throughput.duration_ns,
    });
  });

  it('judges a share of a guest that ran freely', async () => {
    const ftrace = await runRecording('rebind-strict.ftrace.txt.xz', ['ioctl']);
    expect(text(ftrace, 'stakes')).toMatch(/; little is at stake on average, if the guest ran at full speed$/);
    const moment = withRows(ftrace, ({ latency }) => ({
      latency: { ...latency, operation: { ...latency.operation, count: 99 } },
    }));
    expect(text(moment, 'stakes')).toMatch(/operations per s$/);
    const busy = withRows(ftrace, ({ guest }) => ({ guest: { ...guest, stall_total_ns: 5e9 } }));
    expect(text(busy, 'stakes')).toMatch(/; much is at stake$/);
  });

  it('is silent without the guest’s own time, and says that a recording has gaps', async () => {
    const document = await rebind;
    expect(text(withProvenance(document, { pacing: 'asap' }), 'stakes')).toBeUndefined();
    const [trace] = document.provenance.traces;
    const read = (reader: Partial<typeof trace.reader>) =>
      withProvenance(document, { traces: [{ ...trace, reader: { ...trace.reader, ...reader } }] });
    expect(text(read({ time_base: 'order-only' }), 'stakes')).toBeUndefined();
    expect(text(read({ lossy: [{ line: 1, what: 'cut', count: 1 }] }), 'stakes')).toMatch(
      /gaps or assumptions \(notes\)$/,
    );
  });
});

describe('tail', () => {
  it('says which operations trap, their share of the time, and p99 of the others', async () => {
    const { trapped_operations, latency } = row(await rebind, 'hw-vcmdq');
    expect(text(await rebind, 'tail')).toBe(
      '62 of hw-vcmdq’s 3,465 operations trap, every one with CFGI_STE or PREFETCH_CONFIG among them, and take 22.0% of its time; p99 of the others is 417 ns, not 7.75 µs as on ioctl',
    );
    expect(said(await rebind, 'tail')?.numbers).toMatchObject({
      trapped_operations_count: trapped_operations?.count,
      p99_ns: latency.operation.p99_ns,
      p99_of_others_ns: trapped_operations?.others.p99_ns,
    });
  });

  it('is silent where every operation traps, or none', async () => {
    expect(text(await runRecording(REBIND, ['ioctl', 'sw-vcmdq', 'native']), 'tail')).toBeUndefined();
  });
});

describe('warm-up', () => {
  it('names the events that take most of the time; with that warm-up they are gone, and it is silent', async () => {
    const document = await boot;
    expect(text(document, 'warm-up')).toBe(
      'The first 88 of 441 events (20.0% of those measured) take 61.7% of hw-vcmdq’s time: --warmup 88 leaves them out',
    );
    const numbers = said(document, 'warm-up')?.numbers;
    const behind = await runRecording(BOOT, USUAL, { warmup: 88 });
    const total = (of: ResultDocument) => {
      const { operation } = row(of, 'hw-vcmdq').latency;
      return operation.mean_ns * operation.count;
    };
    expect(total(behind) / total(document)).toBeCloseTo(1 - (numbers?.time_share ?? 0), 9);
    expect(text(behind, 'warm-up')).toBeUndefined();
  });

  it('is silent where time goes with the events', async () => {
    expect(text(await rebind, 'warm-up')).toBeUndefined();
  });
});

describe('same-times', () => {
  it('names the rows, and that there is nothing to batch where they differ in that', async () => {
    expect(text(await rebind, 'same-times')).toBe(
      'ioctl and ioctl-batched take the same time, 4.72 µs on average; commands per CMD_SYNC: mean 0.995, max 2, so there is little to batch',
    );
    const stage2 = await runRecording('stage2-bigsg.qemu-10.0.log.xz', ['ioctl', 'hw-vcmdq']);
    expect(text(stage2, 'same-times')).toBe('ioctl and hw-vcmdq take the same time, 15.5 µs on average');
  });

  it('speaks of targetings where one path has several', async () => {
    const options = { atc: ['broadcast', 'vsid'], limit: 3000 };
    const result = await runRecording('vtd-rebind-4ats-k61.qemu-7.2.log.xz', ['ioctl', 'hw-vcmdq'], options);
    expect(text(result, 'same-times')).toMatch(
      /^ioctl takes the same time with ATC targeting broadcast and vsid, \S+ µs on average$/,
    );
  });

  it('is silent where all differ', async () => {
    expect(text(await runRecording(REBIND, ['ioctl', 'hw-vcmdq', 'native']), 'same-times')).toBeUndefined();
  });
});

describe('same-caches', () => {
  it('says that misses do not depend on the path, and what they are a part of', async () => {
    const { tlb } = row(await rebind, 'ioctl');
    expect(said(await rebind, 'same-caches')?.numbers).toEqual({
      misses_count: tlb?.main?.misses,
      translations_count: tlb?.translations,
      miss_share: tlb?.misses_per_translation,
    });
    expect(text(await rebind, 'same-caches')).toMatch(/^TLB misses are the same on every path, 7,245 in 15,880 transl/);
  });

  it('counts per translation where ATCs answer before the TLB is asked, as the table does', async () => {
    const result = await runRecording('vtd-onedomain-head.qemu-7.2.log.xz', ['ioctl', 'native'], { limit: 6000 });
    const { tlb } = row(result, 'ioctl');
    expect(tlb?.translations).toBeGreaterThan(tlb?.main?.lookups ?? 0);
    expect(said(result, 'same-caches')?.numbers.miss_share).toBe(tlb?.misses_per_translation);
    expect(text(result, 'same-caches')).toContain('the main TLB sees only what ATCs miss');
  });

  it('is silent with timed DMA, without translations, and where they differ', async () => {
    const timed = await runRecording(BOOT, ['ioctl', 'hw-vcmdq'], { dma: 'timed', pacing: 'recorded' });
    expect(text(timed, 'same-caches')).toBeUndefined();
    expect(text(await runRecording('rebind-strict.ftrace.txt.xz', USUAL), 'same-caches')).toBeUndefined();
    const [first, ...others] = (await rebind).results;
    const main = { ...row(await rebind, 'ioctl').tlb?.main, misses: 1 } as NonNullable<StrategyResult['tlb']>['main'];
    const tlb = first.tlb === null ? null : { ...first.tlb, main };
    expect(text({ ...(await rebind), results: [{ ...first, tlb }, ...others] }, 'same-caches')).toBeUndefined();
  });
});

describe('estimates', () => {
  it('are of each path by itself, and the next command tells what they move', async () => {
    expect(said(await rebind, 'estimates')).toMatchObject({
      text: '58.0% of hw-vcmdq’s time rests on estimates, 29.1% of ioctl’s',
      next: `smmuscope sensitivity ${REBIND} --strategy hw-vcmdq --baseline ioctl`,
    });
  });

  it('are not spoken of where they are a small part', async () => {
    const sourced = withRows(await rebind, ({ latency }) => ({ latency: { ...latency, estimate_share: 0.05 } }));
    expect(text(sourced, 'estimates')).toBeUndefined();
  });
});

it('several traces are told apart where they differ; what holds for all is said once', async () => {
  const { provenance, results } = await rebind;
  const other = (await boot).provenance.traces[0];
  const both = { ...(await rebind), provenance: { ...provenance, traces: [...provenance.traces, other] } };
  const apart = answerOf({ ...both, results: [...results, ...(await boot).results] }, IOCTL);
  expect(apart.filter(({ rule }) => rule === 'saving').map(({ trace }) => trace)).toEqual([REBIND, BOOT]);
  const alike = results.map((result) => ({ ...result, trace: BOOT }));
  const same = answerOf({ ...both, results: [...results, ...alike] }, IOCTL);
  expect(same.filter(({ rule }) => rule === 'saving').map(({ trace }) => trace)).toEqual([undefined]);
});

it('a strategy all of whose targetings are equal is named once', async () => {
  const options = { strategies: ['ioctl', 'sw-vcmdq'], atc: ['vsid', 'broadcast'], limit: 2000 };
  const { results, answer = [] } = await runRecording(REBIND, options.strategies, options);
  expect(results).toHaveLength(4);
  expect(answer[0].text).toMatch(
    /^Of the safe paths the guest stalls least on sw-vcmdq: .* less than on ioctl \(atc vsid\)/,
  );
});
