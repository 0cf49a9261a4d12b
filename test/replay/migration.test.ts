/**
 * Replay tier: when a guest changes paths in the middle of a trace (issue 4, item 6), is nothing lost, done twice or reordered,
 * and is every nanosecond of the step accounted for?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MigrationMetrics } from '../../src/metrics/migration-metrics.js';
import { loadProfile } from '../../src/profiles/load.js';
import type { CostTrail } from '../../src/replay/cost-trail.js';
import { PACINGS, type Pacing } from '../../src/replay/pacing.js';
import { Cost } from '../../src/strategies/path/costs.js';
import type { Submission } from '../../src/strategies/path/submission.js';
import { strategyNames, TRANSPORTS } from '../../src/strategies/registry.js';
import { type FinishedReplay, type HarnessOptions, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const profile = loadProfile('neoverse-mmu700');
const SWITCH = profile.number('software.migration_switch_ns');
const SYNC =
  profile.number('software.cmdq_insert_fixed_ns') +
  profile.number('smmu.mem_latency_ns') +
  profile.number('smmu.sync_complete_ns');

/** Remembers every submission and every moment at which a command took effect. */
class MigrationLog extends MigrationMetrics {
  readonly log: { vcpu: number; path: number; publishedNs: number; latencyNs: number; spentNs: number }[] = [];
  readonly effects: { publishedNs: number; effectNs: number }[] = [];
  override onSubmission(
    submission: Submission,
    publishedNs: number,
    doneNs: number,
    trail: CostTrail,
    hasWork: boolean,
  ): void {
    super.onSubmission(submission, publishedNs, doneNs, trail, hasWork);
    const { vcpu, path } = submission;
    const sum = trail.ns.subarray(0, trail.count).reduce((total, ns) => total + ns, 0);
    this.log.push({ vcpu, path, publishedNs, latencyNs: doneNs - publishedNs, spentNs: sum });
  }
  override onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
    super.onCommandEffect(opcode, publishedNs, effectNs, measured);
    this.effects.push({ publishedNs, effectNs });
  }
}

async function migrate(
  trace: TraceBuilder,
  from: string,
  to: string,
  atNs: number,
  options: HarnessOptions = {},
): Promise<FinishedReplay & { log: MigrationLog; migration: NonNullable<FinishedReplay['result']['migration']> }> {
  const log = new MigrationLog();
  const run = await replayThrough(trace, from, {
    ...(options.set === undefined ? { profile } : {}),
    ...options,
    metrics: log,
    migrate: { atNs, to },
  });
  return { ...run, log, migration: run.result.migration! };
}

/** `count` submissions of n TLBIs of one vCPU, 1 ms apart. */
function steady(count: number, n: number): TraceBuilder {
  const trace = new TraceBuilder(1 << 10);
  for (let i = 0; i < count; i++)
    trace
      .at(i * 1_000_000)
      .tlbis(n)
      .sync()
      .doorbell();
  return trace;
}

const MS = 1_000_000;

describe('the latency step', () => {
  // Facts M §4.3, profile P1, column D (hardware queue) and column C (software queue).
  it.each([
    [1, 417, 2753],
    [8, 1306, 3887],
    [64, 8418, 13199],
  ])('n=%i: %i ns before, %i ns after, and the first one after pays the switch', async (n, before, after) => {
    const { migration, log, result } = await migrate(steady(10, n), 'hw-vcmdq', 'sw-vcmdq', 4 * MS);
    expect(log.log.map(({ latencyNs }) => latencyNs)).toEqual([
      ...Array(4).fill(before),
      after + SWITCH,
      ...Array(5).fill(after),
    ]);
    expect(migration.before.latency).toMatchObject({ count: 4, min_ns: before, max_ns: before });
    expect(migration.after.latency).toMatchObject({ count: 6, min_ns: after, p50_ns: after, max_ns: after + SWITCH });
    expect(result.latency.breakdown_total_ns.migration).toBe(SWITCH);
    expect(migration).toMatchObject({ drain_ns: 0, switch_ns: SWITCH, paused_ns: SWITCH, drained_submissions: 0 });
    expect(migration).toMatchObject({ held_submissions: 1, held_ns: SWITCH, lost: 0 });
  });

  it('the first publication at exactly T belongs to the new path, one nanosecond later T leaves it with the old', async () => {
    const pathsAt = async (atNs: number) =>
      (await migrate(steady(3, 1), 'hw-vcmdq', 'sw-vcmdq', atNs)).log.log.map(({ path }) => path);
    expect(await pathsAt(MS)).toEqual([0, 1, 1]);
    expect(await pathsAt(MS + 1)).toEqual([0, 0, 1]);
  });

  it('T is relative to the trace’s first event, and commands before it that are published after it go the new way', async () => {
    const trace = new TraceBuilder()
      .at(7 * MS)
      .tlbis(1)
      .sync()
      .doorbell();
    trace.at(8 * MS - 1).tlbis(1);
    trace
      .at(8 * MS)
      .sync()
      .doorbell();
    const { migration } = await migrate(trace, 'hw-vcmdq', 'ioctl', MS);
    expect(migration.before.published_commands).toBe(2);
    expect(migration.after.published_commands).toBe(2);
  });

  it('the switch is an estimate and counts as one', async () => {
    const { result } = await migrate(steady(1, 1), 'native', 'native', 0, { profile: 'gem5-default' });
    expect(result.latency.breakdown_total_ns.migration).toBe(0);
    const priced = await migrate(steady(1, 1), 'native', 'native', 0, { set: ['smmu.exec_tlbi_ns=0'] });
    const alone = await replayThrough(steady(1, 1), 'native', { set: ['smmu.exec_tlbi_ns=0'] });
    expect(priced.result.latency.estimate_share).toBeGreaterThan(alone.result.latency.estimate_share);
  });
});

/** The parts of a result that must not know about a migration that changes nothing. */
function comparable({ result }: FinishedReplay): unknown {
  const { strategy: _strategy, atc: _atc, migration: _migration, host, ...rest } = structuredClone(result);
  const { cpu_ns, vmm_lock, command_engine } = host;
  return { ...rest, cpu_ns, vmm_lock, command_engine };
}

/** Three vCPUs that interleave, with lists of different lengths, device commands and DMA. */
function busyGuest(): TraceBuilder {
  const trace = new TraceBuilder(1 << 11);
  for (let i = 0; i < 60; i++) {
    trace.at(3000 * i).vcpu(i % 3);
    trace.dma({ page: 0x1000 + (i % 8), asid: 1 });
    trace.tlbis(1 + ((i * 7) % 20), 0x1000);
    if (i % 11 === 0) trace.cmd('CFGI_CD', { SID: 8, SSID: 0 });
    if (i % 5 === 0) trace.sync().cmd('ATC_INV', { SID: 8, ADDR: 0x1000, SIZE: 0 });
    trace.sync().doorbell(i % 2);
  }
  return trace;
}

const NESTED = TRANSPORTS.filter(({ walkStage }) => walkStage === 'nested').map(({ name }) => name);
const SPECS = [...NESTED, 'sw-vcmdq:worker=poll', 'hw-vcmdq:lvcmdqs=3'];

const MODES = [
  ['closed', 'ordered'],
  ['asap', 'timed'],
  ['recorded', 'timed'],
] as const;

describe('the ends of the trace', () => {
  const free = { profile: loadProfile('neoverse-mmu700', ['software.migration_switch_ns=0']) };

  it.each(SPECS)(
    '%s: a free migration to it at 0 is the strategy alone, one after the end never happens',
    async (spec) => {
      for (const [pacing, dma] of MODES) {
        const alone = await replayThrough(busyGuest(), spec, { ...free, pacing, dma });
        const other = spec === 'ioctl' ? 'hw-vcmdq' : 'ioctl';
        const atOnce = await migrate(busyGuest(), other, spec, 0, { ...free, pacing, dma });
        expect(comparable(atOnce), `${pacing} ${dma} at 0`).toEqual(comparable(alone));
        const never = await migrate(busyGuest(), spec, other, 1e12, { ...free, pacing, dma });
        expect(comparable(never), `${pacing} ${dma} never`).toEqual(comparable(alone));
        expect(never.migration).toMatchObject({ requested_ns: null, paused_ns: 0, after: { submissions: 0 }, lost: 0 });
      }
    },
  );

  it.each(SPECS)(
    '%s: with its cost, migrating at 0 shifts every submission by the switch and costs the first one it',
    async (spec) => {
      const log = new MigrationLog();
      await replayThrough(steady(6, 5), spec, { profile, metrics: log });
      const moved = await migrate(steady(6, 5), 'ioctl', spec, 0);
      expect(moved.log.log.map(({ publishedNs, latencyNs }) => [publishedNs, latencyNs])).toEqual(
        log.log.map(({ publishedNs, latencyNs }, i) =>
          i === 0 ? [publishedNs, latencyNs + SWITCH] : [publishedNs + SWITCH, latencyNs],
        ),
      );
    },
  );
});

describe('the drain', () => {
  // vCPU 0 is at it for 50339 + 150 + 1683 ns (facts M §4.3, row A with the SYNC's decoding and the CONS read); vCPUs 2 and 3 have
  // just begun to publish.
  const OLD = 50_339 + 150 + 1683;

  it('holds every vCPU until the last old submission has ended, and charges each its own wait', async () => {
    const trace = new TraceBuilder().at(0).vcpu(0).tlbis(64).sync().doorbell();
    trace.at(1000).vcpu(2).tlbis(1).sync().doorbell();
    trace.at(4000).vcpu(3).tlbis(1).sync().doorbell();
    const { migration, log, result } = await migrate(trace, 'ioctl', 'hw-vcmdq', 500, { pacing: 'recorded' });
    expect(log.log.map(({ vcpu, path }) => [vcpu, path])).toEqual([
      [0, 0],
      [2, 1],
      [3, 1],
    ]);
    expect(log.log[0].latencyNs).toBe(OLD);
    // Both are released in the same instant, into hardware queues of their own; the engine serves the first queue first.
    expect(log.log[1].latencyNs).toBe(OLD - 1000 + SWITCH + 417);
    expect(migration).toMatchObject({
      requested_ns: 1000,
      drain_ns: OLD - 1000,
      switch_ns: SWITCH,
      paused_ns: OLD - 1000 + SWITCH,
      drained_submissions: 1,
      held_submissions: 2,
      held_ns: OLD - 1000 + SWITCH + (OLD - 4000 + SWITCH),
    });
    expect(result.latency.breakdown_total_ns.migration).toBe(migration.held_ns);
    // The wait is an outcome, the switch a parameter.
    expect(log.spentNs[Cost.migrationWait]).toBe(OLD - 1000 + (OLD - 4000));
    expect(log.spentNs[Cost.migrationSwitch]).toBe(2 * SWITCH);
  });

  it('a vCPU that comes in the middle of the switch waits for the rest of it only', async () => {
    const trace = new TraceBuilder().at(0).vcpu(0).tlbis(1).sync().doorbell();
    trace.at(1000).vcpu(1).tlbis(1).sync().doorbell();
    const { migration } = await migrate(trace, 'ioctl', 'hw-vcmdq', 0, { pacing: 'recorded' });
    expect(migration.held_ns).toBe(SWITCH + SWITCH - 1000);
    expect(migration.drain_ns).toBe(0);
  });

  it('commands that nobody waits for are drained by a CMD_SYNC of the host’s own', async () => {
    // Posted to a hardware queue without SYNC: the vCPU goes on, the commands are still in the queue.
    const trace = new TraceBuilder().at(0).vcpu(0).tlbis(100).doorbell();
    trace.at(1000).vcpu(1).tlbis(1).sync().doorbell();
    const { migration, log, result, replay } = await migrate(trace, 'hw-vcmdq', 'ioctl', 1000, { pacing: 'recorded' });
    const tm = profile.number('smmu.mem_latency_ns');
    const each = tm + profile.number('smmu.exec_tlbi_ns');
    const insert = profile.number('software.mmio_write_posted_ns') + profile.number('software.cmdq_insert_fixed_ns');
    const inserted = insert + 100 * profile.number('software.cmdq_insert_per_cmd_ns');
    const emptied = inserted + 100 * each;
    expect(replay.switchover!.drainedNs).toBe(emptied + tm + profile.number('smmu.sync_complete_ns'));
    expect(log.effects[99].effectNs).toBe(emptied);
    expect(log.effects[100].effectNs).toBeGreaterThan(replay.switchover!.openNs);
    expect(migration.drained_submissions).toBe(0);
    // ioctl adds one SYNC for its TLBI, the drain the other.
    expect(result.amplification.extra_by_cause['added-sync']).toBe(2);
    const { amplification } = result;
    const kept = Object.values(amplification.not_forwarded_by_opcode).reduce((sum, count) => sum + count, 0);
    expect(amplification.host_commands).toBe(amplification.guest_commands - kept + 2);
  });

  it('an ATC invalidation under way without SYNC is waited for', async () => {
    const trace = new TraceBuilder().at(0).vcpu(0).cmd('ATC_INV', { SID: 8, ADDR: 0x1000, SIZE: 0 }).doorbell();
    trace.at(400).vcpu(1).tlbis(1).sync().doorbell();
    const { log, replay } = await migrate(trace, 'hw-vcmdq', 'ioctl', 400, { pacing: 'recorded' });
    const [atc] = log.effects;
    expect(atc.effectNs).toBeGreaterThan(1000); // the PCIe round trip
    expect(replay.switchover!.drainedNs).toBe(atc.effectNs + profile.number('smmu.sync_complete_ns'));
  });

  it('a worker that still has commands which nobody waits for is waited for', async () => {
    const trace = new TraceBuilder().at(0).vcpu(0).tlbis(200).doorbell();
    trace.at(1000).vcpu(1).tlbis(1).sync().doorbell();
    const { log, replay, migration } = await migrate(trace, 'sw-vcmdq', 'hw-vcmdq', 1000, { pacing: 'recorded' });
    const old = log.effects.filter(({ publishedNs }) => publishedNs === 0);
    expect(old).toHaveLength(200);
    const last = Math.max(...old.map(({ effectNs }) => effectNs));
    // The worker's own SYNC behind its last block, and no other: the queue is empty then.
    expect(replay.switchover!.drainedNs - last).toBe(SYNC - profile.number('software.cmdq_insert_fixed_ns'));
    expect(migration.lost).toBe(0);
  });
});

/** A random guest of three vCPUs: DMA, invalidations with and without SYNC, device commands. */
function randomGuest(steps: readonly number[]): TraceBuilder {
  const trace = new TraceBuilder(1 << 13);
  for (const [index, step] of steps.entries()) {
    trace.at(700 * index).vcpu(step % 3);
    const page = 0x1000 + ((step * 31) % 16);
    const kind = step % 13;
    if (kind < 4) trace.dma({ page, asid: 1 });
    else if (kind < 9)
      trace
        .tlbis(1 + (step % 70), page)
        .sync()
        .doorbell();
    else if (kind === 9) trace.tlbis(3, page).doorbell();
    else if (kind === 10) trace.cmd('ATC_INV', { SID: 8, ADDR: page, SIZE: 0 }).sync().doorbell();
    else if (kind === 11) trace.cmd('CFGI_CD', { SID: 8, SSID: 0 }).cmd('TLBI_NSNH_ALL').sync().doorbell();
    else trace.cmd('CFGI_STE', { SID: 8 }).sync().doorbell();
  }
  return trace;
}

const anyPair = fc.constantFrom(...SPECS.flatMap((from) => SPECS.map((to) => [from, to] as const)));

describe('any path to any other', () => {
  it('nothing is lost, doubled or overtakes the switch, stages sum, and no stale use after SYNC (O45)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 80 }),
        anyPair,
        fc.integer({ min: 0, max: 60_000 }),
        fc.constantFrom<Pacing>(...PACINGS),
        fc.constantFrom('ordered' as const, 'timed' as const),
        async (steps, [from, to], atNs, pacing, dma) => {
          const { log, migration, result, replay } = await migrate(randomGuest(steps), from, to, atNs, { pacing, dma });
          const alone = await replayThrough(randomGuest(steps), 'ioctl', { profile, pacing, dma });
          expect(result.amplification.guest_by_opcode).toEqual(alone.result.amplification.guest_by_opcode);
          expect(migration.lost).toBe(0);
          for (const side of [migration.before, migration.after])
            expect(side.completed_commands).toBe(side.published_commands);
          expect(migration.before.submissions + migration.after.submissions).toBe(log.log.length);
          expect(migration.before.published_commands + migration.after.published_commands).toBe(
            result.amplification.guest_commands,
          );
          for (const { latencyNs, spentNs } of log.log) expect(spentNs).toBe(latencyNs);
          const { requestedNs, drainedNs, openNs } = replay.switchover!;
          if (requestedNs >= 0) {
            for (const { effectNs } of log.effects) expect(effectNs <= drainedNs || effectNs >= openNs).toBe(true);
            expect([drainedNs >= requestedNs, openNs - drainedNs]).toEqual([true, SWITCH]);
          }
          for (const vcpu of [0, 1, 2]) {
            const paths = log.log.filter((one) => one.vcpu === vcpu).map(({ path }) => path);
            expect(paths).toEqual([...paths].sort());
          }
          if (![from, to].includes('v1-patch')) expect(result.safety?.stale_after_sync ?? 0).toBe(0);
        },
      ),
      { numRuns: 120, seed: 4 },
    );
  });

  it('the same trace twice gives the same bytes', async () => {
    const one = await migrate(busyGuest(), 'ecmdq', 'sw-vcmdq', 60_000, { dma: 'timed' });
    const two = await migrate(busyGuest(), 'ecmdq', 'sw-vcmdq', 60_000, { dma: 'timed' });
    expect(JSON.stringify(one.result)).toBe(JSON.stringify(two.result));
  });

  it('the paths share queue 0 only; the second one’s hardware queues and worker are its own', async () => {
    const { result } = await migrate(busyGuest(), 'hw-vcmdq:lvcmdqs=2', 'hw-vcmdq:lvcmdqs=3', 90_000);
    const produced = result.host.queues.map((queue) => queue.produced);
    expect(produced).toHaveLength(1 + 2 + 3);
    const alone = await replayThrough(busyGuest(), 'hw-vcmdq:lvcmdqs=3');
    const aloneProduced = alone.result.host.queues.map((queue) => queue.produced);
    for (const queue of [1, 2, 3, 4, 5]) expect(produced[queue]).toBeGreaterThan(0);
    // vCPU 2 is the third queue's only user: what is there is what it published after T.
    expect(produced[5]).toBeLessThan(aloneProduced[3]);
    const workers = await migrate(busyGuest(), 'sw-vcmdq', 'sw-vcmdq', 90_000);
    const drains = workers.result.host.workers.map((worker) => worker.drains);
    expect(drains).toHaveLength(2);
    expect(Math.min(...drains)).toBeGreaterThan(0);
  });

  it('names both strategies, and both targetings where they differ', async () => {
    const one = await migrate(steady(2, 1), 'hw-vcmdq:lvcmdqs=4', 'ioctl', MS);
    expect([one.result.strategy, one.result.atc]).toEqual(['hw-vcmdq:lvcmdqs=4+ioctl@1000000ns', 'vsid']);
    const two = await migrate(steady(2, 1), 'ioctl:atc=vsid', 'ioctl:atc=implicit', MS);
    expect([two.result.strategy, two.result.atc]).toEqual(['ioctl+ioctl@1000000ns', 'vsid+implicit']);
    expect([two.migration.before.atc, two.migration.after.atc]).toEqual(['vsid', 'implicit']);
  });

  it('each side uses its own targeting', async () => {
    const trace = new TraceBuilder();
    for (const at of [0, MS, 2 * MS]) {
      for (const SID of [8, 16, 24]) trace.at(at).dma({ sid: SID, page: 0x1000, asid: 1 });
      for (const SID of [8, 16, 24]) trace.at(at).cmd('ATC_INV', { SID, ADDR: 0x1000, SIZE: 0 });
      trace.sync().doorbell();
    }
    const { result } = await migrate(trace, 'ioctl:atc=vsid', 'ioctl:atc=broadcast', 2 * MS);
    // Two publications of three to the device named, one of three to all three.
    expect(result.amplification.pcie_invalidations).toBe(2 * 3 + 3 * 3);
  });

  it.each(strategyNames().filter((name) => !NESTED.includes(name)))('refuses %s for a nested guest', async (name) => {
    await expect(migrate(steady(1, 1), 'hw-vcmdq', name, 0)).rejects.toThrow(
      /^--to .*: expected a path whose devices translate through both stages, as with hw-vcmdq; found one with one stage/,
    );
  });
});

describe('what is counted', () => {
  it('warm-up is in the counts of what was lost, not in the latencies', async () => {
    // Each submission is 10 events: 8 TLBIs, SYNC, doorbell.
    const { migration, result } = await migrate(steady(10, 8), 'hw-vcmdq', 'sw-vcmdq', 4 * MS, { warmup: 60 });
    expect(migration.before).toMatchObject({ submissions: 4, completed_commands: 36, latency: { count: 0 } });
    expect(migration.after).toMatchObject({ submissions: 6, latency: { count: 4, max_ns: 3887 } });
    expect(result.latency.breakdown_total_ns.migration).toBe(0);
  });

  it('a polling worker burns its core only while its path is in use', async () => {
    const away = await migrate(steady(10, 1), 'sw-vcmdq:worker=poll', 'hw-vcmdq', 4 * MS);
    expect(away.result.host.cpu_ns.worker).toBe(away.replay.switchover!.drainedNs);
    const back = await migrate(steady(10, 1), 'hw-vcmdq', 'sw-vcmdq:worker=poll', 4 * MS);
    const { duration_ns } = back.result.throughput;
    expect(back.result.host.cpu_ns.worker).toBe(duration_ns - back.replay.switchover!.drainedNs);
  });

  it('workers that sleep count what they work, on both sides', async () => {
    const both = await migrate(steady(10, 1), 'sw-vcmdq', 'sw-vcmdq', 4 * MS);
    const alone = await replayThrough(steady(10, 1), 'sw-vcmdq');
    expect(both.result.host.cpu_ns.worker).toBe(alone.result.host.cpu_ns.worker);
    // The hand-over is the VMM's work.
    expect(both.result.host.cpu_ns.vmm).toBe(alone.result.host.cpu_ns.vmm + SWITCH);
  });
});
