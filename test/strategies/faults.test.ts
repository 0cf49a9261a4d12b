/**
 * Strategies tier: for every strategy and fault, what was executed, what was lost, who knows, and does the stale-use oracle
 * see exactly what the guest wrongly counts as done? Sources: facts L §0.1, §4.1–4.3, M §2.4–2.5; oracles O14, O45.
 */
import { describe, expect, it } from 'vitest';
import { parseFaults } from '../../src/replay/faults/fault.js';
import { errorBehaviour } from '../../src/replay/faults/fault-answers.js';
import type { ErrorAnswer } from '../../src/strategies/error-behaviour.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { type FinishedReplay, type HarnessOptions, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

type Incident = Record<string, number | string | null>;

function incidentOf({ result }: FinishedReplay, spec: string): Incident {
  const { incidents } = result.errors as { incidents: Record<string, Incident> };
  return incidents[spec];
}

async function inject(trace: TraceBuilder, strategy: string, fault: string, options: HarnessOptions = {}) {
  const run = await replayThrough(trace, strategy, { ...options, faults: [fault] });
  return { run, incident: incidentOf(run, parseFaults([fault])[0].spec) };
}

/** A page in the TLBs, its TLBI, SYNC, and the page again long after. */
const reuse = () =>
  new TraceBuilder()
    .dma({ page: 0x1000 })
    .at(10_000)
    .tlbis(1, 0x1000)
    .sync()
    .doorbell()
    .at(5_000_000_000)
    .dma({ page: 0x1000 });

/** The same for a device's ATC. */
const reuseAtc = () =>
  new TraceBuilder()
    .dma({ page: 0x1000, sid: 8 })
    .at(10_000)
    .cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 0x1000 })
    .sync()
    .doorbell()
    .at(5_000_000_000)
    .dma({ page: 0x1000, sid: 8 });

/** What the facts say of the paths that they are about: who finds the error, and when the guest learns it. */
const FACTS: Record<string, Record<string, [string, string] | 'not-applicable'>> = {
  'illegal@2': {
    'v1-patch': ['nobody', 'never'],
    ioctl: ['vmm', 'synchronous'],
    'ioctl-batched': ['vmm', 'synchronous'],
    'sw-vcmdq': ['vmm', 'asynchronous'],
    'hw-vcmdq': ['vmm', 'synchronous'],
    'hw-vcmdq-overlay': ['vmm', 'asynchronous'],
    ecmdq: ['vmm', 'synchronous'],
    'virtio-iommu': 'not-applicable',
    'vhost-iommu': 'not-applicable',
    native: ['smmu', 'asynchronous'],
  },
  'unknown-vsid@2': {
    'v1-patch': ['nobody', 'never'],
    ioctl: ['host-kernel', 'synchronous'],
    'ioctl-batched': ['host-kernel', 'synchronous'],
    'sw-vcmdq': ['host-kernel', 'asynchronous'],
    'hw-vcmdq': ['smmu', 'asynchronous'],
    'hw-vcmdq-overlay': ['host-kernel', 'asynchronous'],
    ecmdq: ['host-kernel', 'synchronous'],
    'virtio-iommu': 'not-applicable',
    'vhost-iommu': 'not-applicable',
    native: 'not-applicable',
  },
  'dead-worker@1': { 'sw-vcmdq': ['nobody', 'timeout'], ioctl: 'not-applicable', native: 'not-applicable' },
};

/** What `strategy` declares of `fault` (strategies/error-behaviour.ts). */
function declared(strategy: string, fault: string): ErrorAnswer {
  const { illegal, unknownAtc, deadWorker } = errorBehaviour(resolveStrategies([strategy])[0]);
  return fault.startsWith('illegal') ? illegal : fault.startsWith('unknown-vsid') ? unknownAtc : deadWorker;
}

describe.each(Object.keys(FACTS))('%s', (fault) => {
  it.each(Object.keys(FACTS[fault]))('on %s ends as the facts say', (strategy) => {
    const answer = declared(strategy, fault);
    const said = 'by' in answer ? [answer.by, answer.guestLearns] : 'not-applicable';
    expect(said).toEqual(FACTS[fault][strategy]);
  });

  it.each(strategyNames())('on %s ends as declared, with sums and identities', async (strategy) => {
    const { run, incident } = await inject(reuse(), strategy, fault);
    const answer = declared(strategy, fault);
    if (!('by' in answer)) {
      expect(incident.status).toBe('not-applicable');
      expect(incident.reason).toBe(answer.notApplicable);
      const calm = await replayThrough(reuse(), strategy);
      const { errors: _errors, ...measured } = run.result;
      const { errors: _none, ...same } = calm.result;
      expect(measured).toEqual(same);
      return;
    }
    const { by: found_by, guestLearns: guest_learns } = answer;
    expect(incident).toMatchObject({ status: 'injected', found_by, guest_learns });
    const isSilent = guest_learns === 'never';
    expect([strategy, incident.learn_latency_ns === null]).toEqual([strategy, isSilent]);
    expect(incident.errors_raised).toBe(isSilent || guest_learns === 'timeout' ? 0 : 1);
    const { latency, amplification: counts } = run.result;
    const stages = Object.values(latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
    expect(stages).toBe(latency.submission.mean_ns * latency.submission.count);
    const sum = (by: Readonly<Record<string, number>>) => Object.values(by).reduce((total, n) => total + n, 0);
    expect(counts.host_commands).toBe(
      counts.guest_commands - sum(counts.not_forwarded_by_opcode) + sum(counts.extra_by_cause),
    );
    const produced = run.replay.engines.queues.reduce((total, { ring }) => total + ring.produced, 0);
    expect(produced).toBe(counts.host_commands);
    expect(run.replay.engines.queues.every(({ ring }) => ring.isEmpty)).toBe(true);
  });
});

describe('a lost command that the guest counts as done is a stale use', () => {
  it.each(['ordered', 'timed'] as const)('illegal command behind a TLBI, %s: the batch only', async (dma) => {
    for (const strategy of strategyNames()) {
      const { run, incident } = await inject(reuse(), strategy, 'illegal@2', { dma });
      const lost = strategy === 'ioctl-batched' ? 1 : 0;
      // The micro-TLB of the stream answers.
      expect([strategy, run.result.safety?.stale_after_sync]).toEqual([strategy, lost]);
      expect([strategy, incident.lost_silently ?? 0]).toEqual([strategy, lost]);
      expect(run.result.errors).toMatchObject({ swallowed_by_opcode: lost ? { TLBI_NH_VA: 1 } : {} });
    }
  });

  it.each(['ordered', 'timed'] as const)('k71 loses what it has converted, k74 says so: %s', async (dma) => {
    const old = await inject(reuseAtc(), 'ioctl-batched', 'unknown-vsid@2', { dma });
    expect(old.incident).toMatchObject({ lost_silently: 1, failed_known: 1, errors_raised: 1, executed_before: 0 });
    expect(old.run.result.safety?.stale_after_sync).toBe(1);
    const fixed = await inject(reuseAtc(), 'ioctl-batched:uapi=k74', 'unknown-vsid@2', { dma });
    expect(fixed.incident).toMatchObject({ lost_silently: 0, failed_known: 2, errors_raised: 2, executed_before: 0 });
    expect(fixed.run.result.safety?.stale_after_sync).toBe(0);
    for (const strategy of ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'hw-vcmdq-overlay', 'ecmdq']) {
      const { run, incident } = await inject(reuseAtc(), strategy, 'unknown-vsid@2', { dma });
      expect([strategy, run.result.safety?.stale_after_sync, incident.executed_before]).toEqual([strategy, 0, 1]);
    }
  });

  it('complete blocks of 63 before the bad command are executed', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 70; i++) trace.cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: i });
    trace.sync().doorbell();
    const { run, incident } = await inject(trace, 'ioctl-batched', 'unknown-vsid@71');
    expect(incident).toMatchObject({ executed_before: 63, lost_silently: 7, failed_known: 1, cons_index: 70 });
    // The block of 63 and its SYNC; the ioctl of the block fails with the bad command in it.
    expect(run.result.amplification.host_by_opcode).toEqual({ ATC_INV: 63, SYNC: 1 });
  });

  it('a change of class has flushed the TLBIs before an unknown vSID', async () => {
    const { incident } = await inject(reuse(), 'ioctl-batched', 'unknown-vsid@2');
    expect(incident).toMatchObject({ executed_before: 1, lost_silently: 0 });
  });

  it('what comes behind the bad command is executed', async () => {
    for (const strategy of strategyNames()) {
      const { run } = await inject(reuse(), strategy, 'illegal@1');
      expect([strategy, run.result.safety?.stale_after_sync]).toEqual([strategy, 0]);
    }
  });
});

describe('a worker that dies', () => {
  const trace = () => {
    const builder = new TraceBuilder().dma({ page: 0x1000 }).dma({ page: 0x1001 });
    for (let i = 0; i < 4; i++) {
      builder
        .at(10_000 * (i + 1))
        .tlbis(2, 0x1000 + 2 * i)
        .sync()
        .doorbell();
    }
    return builder.at(9_000_000_000).dma({ page: 0x1000 }).dma({ page: 0x1001 });
  };

  it.each([1, 2, 3, 6, 12])('executes what comes before command %i and nothing after', async (command) => {
    const { run, incident } = await inject(trace(), 'sw-vcmdq', `dead-worker@${command}`);
    const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
    const isSync = (number: number) => number % 3 === 0;
    const executed = numbers.filter((number) => number < command && !isSync(number)).length;
    expect(run.result.amplification.host_by_opcode.TLBI_NH_VA ?? 0).toBe(executed);
    expect(incident).toMatchObject({ failed_known: 8 - executed, lost_silently: 0 });
    // Every submission whose SYNC it never reaches waits for the driver's whole second.
    const unfinished = numbers.filter((number) => isSync(number) && number >= command).length;
    expect(incident.poll_timeouts).toBe(unfinished);
    expect(run.result.latency.submission.max_ns).toBe(451 + 1_000_000_000);
    expect(incident.learn_latency_ns).toBe(451 + 1_000_000_000);
    expect(run.result.safety?.stale_after_sync).toBe(0);
  });

  it('with CONS trapped and with a polling worker, too', async () => {
    for (const spec of ['sw-vcmdq:cons=trapped', 'sw-vcmdq:worker=poll']) {
      const { incident } = await inject(trace(), spec, 'dead-worker@4');
      expect([spec, incident.poll_timeouts]).toEqual([spec, 3]);
    }
  });
});

describe('a device that never answers', () => {
  it('keeps what it has; a guest that was told covers nothing', async () => {
    for (const strategy of ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'hw-vcmdq-overlay', 'ecmdq', 'native']) {
      const { run, incident } = await inject(reuseAtc(), strategy, 'silent-device=8');
      expect([strategy, incident.failed_known]).toEqual([strategy, 1]);
      expect([strategy, run.result.safety?.stale_after_sync]).toEqual([strategy, 0]);
      const { atc } = run.result.tlb as unknown as Record<string, { hits: number; invalidated: number }>;
      expect([strategy, atc.invalidated, atc.hits]).toEqual([strategy, 0, 1]);
      expect(run.result.errors).toMatchObject({ atc_timeouts: 1 });
    }
  });

  it('holds up a broadcast to its neighbours, and not a targeted invalidation', async () => {
    const two = () =>
      new TraceBuilder()
        .cmd('ATC_INV', { SID: 8, SIZE: 52 })
        .sync()
        .doorbell()
        .at(10_000)
        .cmd('ATC_INV', { SID: 9, SIZE: 52 })
        .sync()
        .doorbell();
    const targeted = await inject(two(), 'ioctl', 'silent-device=9');
    expect(targeted.run.result.latency.submission.min_ns).toBeLessThan(10_000);
    const broadcast = await inject(two(), 'ioctl:atc=broadcast', 'silent-device=9');
    expect(broadcast.run.result.latency.submission.min_ns).toBeGreaterThan(1_000_000_000);
  });

  it('is not applicable where the trace has no such device', async () => {
    const { incident } = await inject(reuse(), 'ioctl', 'silent-device=8');
    expect(incident).toEqual({ status: 'not-applicable', reason: 'the trace has no such device with an ATC' });
  });
});

describe('what a fault leaves alone', () => {
  it('a fault behind the last command is said to be not reached and changes no number', async () => {
    for (const strategy of strategyNames()) {
      const calm = await replayThrough(reuse(), strategy);
      const { run, incident } = await inject(reuse(), strategy, 'illegal@3000');
      expect(incident.status).toMatch(/^not-(reached|applicable)$/);
      expect({ ...run.result, errors: null }).toEqual({ ...calm.result, errors: null });
    }
  });

  it('an inserted ATC_INV makes no device', async () => {
    for (const strategy of strategyNames()) {
      const { run } = await inject(reuse(), strategy, 'unknown-vsid@1');
      expect([strategy, run.replay.topology.discoveredLate]).toEqual([strategy, 0]);
      expect(run.replay.topology.list().every(({ hasAts }) => !hasAts)).toBe(true);
    }
  });

  it('two errors in one publication each stop it', async () => {
    const run = await replayThrough(reuse(), 'ioctl', { faults: ['illegal@1', 'unknown-vsid@3'] });
    expect(incidentOf(run, 'illegal@1')).toMatchObject({ errors_raised: 1, cons_index: 0, executed_before: 0 });
    expect(incidentOf(run, 'unknown-vsid@3')).toMatchObject({ errors_raised: 1, cons_index: 2, executed_before: 1 });
  });

  it('broadcast and implicit targeting look no vSID up', async () => {
    for (const spec of ['ioctl:atc=broadcast', 'ioctl:atc=implicit']) {
      const { incident } = await inject(reuse(), spec, 'unknown-vsid@1');
      expect(incident).toMatchObject({ found_by: 'nobody', guest_learns: 'never' });
    }
  });

  it('a strategy that says nothing about errors is not applicable, with the reason', async () => {
    const [choice] = resolveStrategies(['ioctl']);
    const { errors: _errors, ...mute } = choice.transport;
    expect(errorBehaviour({ ...choice, transport: mute }).illegal).toEqual({
      notApplicable: 'it does not say what it does with errors',
    });
  });
});

describe('findings of the review about v1-patch', () => {
  const trace = () =>
    new TraceBuilder()
      .dma({ page: 0x1000, sid: 8 })
      .dma({ page: 0x1000, sid: 9 })
      .cmd('CFGI_CD', { SID: 8, LEAF: 0 })
      .cmd('CFGI_CD', { SID: 8, LEAF: 1 })
      .cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1, TTL: 3 })
      .cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x2000 })
      .cmd('TLBI_NSNH_ALL')
      .cmd('ATC_INV', { SID: 8, SIZE: 52 })
      .cmd('ATC_INV', { SID: 9, SIZE: 52 })
      .words([Opcode.TLBI_S12_VMALL, 0, 0, 0])
      .sync()
      .doorbell();

  it('each objection is counted by its cause', async () => {
    const { result } = await replayThrough(trace(), 'v1-patch');
    expect(result.errors).toMatchObject({
      findings: { cd_leaf_forced: 1, nsnh_all_dropped: 1, other_dropped: 1, tg0_dropped: 1, tlbi_broadcast_to_atcs: 1 },
    });
    // Two ATS devices: each guest ATC_INV goes to the other one, too; the forwarded TLBI to both.
    expect(result.amplification.extra_by_cause).toMatchObject({ 'atc-broadcast': 2, 'implicit-atc': 2 });
  });

  it('counts after the warm-up only, and for no other strategy', async () => {
    const { result } = await replayThrough(trace(), 'v1-patch', { warmup: 1000 });
    expect(result.errors).not.toHaveProperty('findings');
    for (const spec of strategyNames().filter((name) => name !== 'v1-patch')) {
      expect((await replayThrough(trace(), spec)).result.errors).not.toHaveProperty('findings');
    }
  });
});

describe('--fault', () => {
  it.each([
    ['illegal@1000', 'illegal@1000'],
    ['unknown-vsid:ATC_INV@7', 'unknown-vsid@7'],
    ['unknown-vsid:CFGI_CD@7', 'unknown-vsid:CFGI_CD@7'],
    ['silent-device=16', 'silent-device=0x10'],
    ['silent-device=0X1F', 'silent-device=0x1f'],
    ['dead-worker@1', 'dead-worker@1'],
  ])('%s is %s', (written, spec) => {
    expect(parseFaults([written])[0].spec).toBe(spec);
  });

  it.each([
    ['', 'expected illegal@N'],
    ['illegl@3', 'did you mean illegal?'],
    ['illegal', 'expected illegal@N'],
    ['illegal@0', 'expected a command number from 1, found "0"'],
    ['illegal@-1', 'found "-1"'],
    ['illegal@1e3', 'found "1e3"'],
    ['illegal=3', 'expected illegal@N'],
    ['illegal:SYNC@3', 'expected illegal@N'],
    ['unknown-vsid:TLBI_NH_VA@3', 'expected ATC_INV or CFGI_CD, found "TLBI_NH_VA"'],
    ['silent-device@3', 'silent-device=SID'],
    ['silent-device=', 'expected a StreamID below 2^32, found ""'],
    ['silent-device=0x100000000', 'below 2^32'],
    ['dead-worker@5ms', 'expected a command number from 1, found "5ms"'],
  ])('%s is refused', (written, message) => {
    expect(() => parseFaults([written])).toThrow(message);
  });

  it('one fault per command, one silent device, one dead worker', () => {
    expect(() => parseFaults(['illegal@5', 'unknown-vsid@5'])).toThrow('found illegal@5 and unknown-vsid@5');
    expect(() => parseFaults(['silent-device=1', 'silent-device=2'])).toThrow('one fault per command and kind');
    expect(() => parseFaults(['dead-worker@1', 'dead-worker@2'])).toThrow('one fault per command and kind');
    expect(parseFaults(['illegal@5', 'unknown-vsid@6', 'silent-device=1', 'dead-worker@5'])).toHaveLength(4);
  });
});
