/**
 * From the counters of one replay to its `results[]` entry (design §8).
 */

import { POOL_NAMES } from '../machine/translation/pools.js';
import type { TimedTranslator } from '../machine/translation/timed-translator.js';
import { byOpcode } from '../metrics/by-opcode.js';
import { MigrationMetrics } from '../metrics/migration-metrics.js';
import { COURSE_METRICS, GUEST_METRICS } from '../metrics/registry.js';
import type { ReplayMetrics } from '../metrics/replay-metrics.js';
import type { LatencyRecorder } from '../numbers/latency-recorder.js';
import type { LoadedProfile } from '../profiles/load.js';
import { THREAD_KINDS } from '../replay/probe.js';
import type { Replay } from '../replay/replay.js';
import { EXTRA_CAUSES } from '../strategies/extra-causes.js';
import { PARAMETER_OF_COST } from '../strategies/path/costs.js';
import { isOwnCost, MOST_COSTS, nsByStage } from '../strategies/path/own-times.js';
import { Opcode } from '../trace/opcodes.js';
import { caveatsOf } from './caveats.js';
import type { AmplificationResult, LatencySummary, WrittenStrategyResult } from './document.js';
import { errorsResult, traceErrors } from './errors-result.js';
import { migratingWorkerCpuNs, migrationResult } from './migration-result.js';
import { safetyResult, tlbResult } from './tlb-result.js';

/** ns of a replay's operations by what they rest on. */
export interface TimeShares {
  readonly totalNs: number;
  readonly estimatedNs: number;
  /** Said by the strategy itself. */
  readonly ownNs: number;
}

/** Build the entry of a finished replay. `trace` is the file's base name. */
export function strategyResult(
  trace: string,
  replay: Replay,
  metrics: ReplayMetrics,
  profile: LoadedProfile,
  hasDma: boolean,
): WrittenStrategyResult {
  const operation = metrics.operation.summary();
  const steps = metrics.operation.steps();
  const breakdownTotal = nsByStage(metrics.spentNs);
  const durationNs = measuredNs(replay, metrics);
  const amplification = amplificationResult(metrics);
  const shares = timeShares(metrics.spentNs, profile);
  const { host_commands: hostCommands, exits } = amplification;
  const cpuNs = hostCpu(metrics, replay, durationNs);
  const measured = { replay, hasDma, durationNs, stallNs: metrics.stall.sumNs, hostCommands, exits };
  return {
    trace,
    strategy: replay.choice.canonicalName,
    atc: replay.choice.targeting.name,
    latency: {
      operation: { ...operation, ...(steps === undefined ? {} : { steps }) },
      operation_span: metrics.operationSpan.summary(),
      submission: metrics.submission.summary(),
      command: metrics.command.summary(),
      translation: metrics.translation.summary(),
      breakdown_ns: scaled(breakdownTotal, operation.count),
      breakdown_total_ns: breakdownTotal,
      estimate_share: shares.totalNs === 0 ? 0 : shares.estimatedNs / shares.totalNs,
    },
    operations_unfinished: metrics.operationsUnfinished,
    caveats: caveatsOf({
      operations: operation.count,
      inSeveralWrites: metrics.operationsInSeveralWrites,
      writesOfThese: metrics.writesOfThese,
      unfinished: metrics.operationsUnfinished,
      withoutWork: metrics.operationsWithoutWork,
      commands: amplification.guest_commands,
      swallowed: sum(metrics.amplification.swallowed),
      hasRecordedVmids: replay.guests[0].forwarder.keepsVmids && replay.choice.transport.keepsVmid !== true,
      ownShare: shares.totalNs === 0 ? 0 : shares.ownNs / shares.totalNs,
      errors: traceErrors(replay),
    }),
    guest: {
      stall_ns: metrics.stall.summary(),
      stall_total_ns: metrics.stall.sumNs,
      stall_unfinished_ns: metrics.unfinishedNs,
      irq_off_ns: irqsOff(metrics.guestIrqsOff),
    },
    ...metrics.resultsOf(GUEST_METRICS, measured),
    amplification,
    tlb: hasDma ? tlbResult(replay) : null,
    safety: hasDma ? safetyResult(replay) : null,
    ...metrics.resultsOf(COURSE_METRICS, measured),
    errors: errorsResult(replay, metrics),
    ...migrationPart(replay, metrics),
    host: {
      cpu_ns: cpuNs,
      cpu_ns_per_operation: servingNs(cpuNs, operation.count),
      irq_off_ns: irqsOff(metrics.hostIrqsOff),
      vmm_lock: {
        acquisitions: total(replay.guests, ({ vmmLock }) => vmmLock.acquisitions),
        contended: total(replay.guests, ({ vmmLock }) => vmmLock.contended),
        held_ns: total(replay.guests, ({ vmmLock }) => vmmLock.heldNs),
        longest_hold_ns: Math.max(...replay.guests.map(({ vmmLock }) => vmmLock.longestHoldNs)),
      },
      command_engine: { busy_ns: replay.engines.busyNs },
      queues: replay.engines.engines.flatMap((engine, smmu) =>
        engine.queues.map(({ ring, gather }) => ({
          ...(replay.engines.engines.length === 1 ? {} : { smmu }),
          capacity: ring.capacity,
          produced: ring.produced,
          consumed: ring.consumed,
          pending: ring.pending,
          deepest: ring.deepest,
          grown: ring.grown,
          command_lists: gather.lists,
          prod_writes: gather.prodWrites,
        })),
      ),
      ...(metrics.background.count === 0 ? {} : { background: { latency: metrics.background.summary() } }),
      workers: replay.workers.map((worker) => ({
        drains: worker.drains,
        absorbed: worker.absorbed,
        ...(worker.spins ? { found_polling: worker.foundPolling, polled_ns: worker.polledNs } : {}),
      })),
    },
    throughput: {
      duration_ns: durationNs,
      submissions_per_s: perSecond(metrics.publications, durationNs),
      commands_per_s: perSecond(amplification.guest_commands, durationNs),
    },
    ...(replay.translators.length === 0 ? {} : { timed_translation: timedTranslation(replay.translators, durationNs) }),
    replay: {
      ...(replay.topology.vms === 1 ? {} : { vms: replay.topology.vms }),
      ...(replay.topology.smmuCount === 1 ? {} : { smmus: replay.topology.smmuCount }),
      vcpus: replay.clocks.list.length,
      vmids: replay.guests[0].forwarder.keepsVmids ? 'as-recorded' : 'replaced',
      publications: metrics.publications,
      ...(metrics.operationsInSeveralWrites === 0
        ? {}
        : { operations_in_several_writes: metrics.operationsInSeveralWrites }),
      ...(metrics.operationsWithoutWork === 0 ? {} : { operations_without_work: metrics.operationsWithoutWork }),
      unpublished_commands: replay.unpublishedCommands,
      late_starts: replay.lateStarts,
      ...unmapResult(replay),
      ats_streams_discovered_late: replay.topology.discoveredLate,
    },
  };
}

/**
 * Simulated time from the first event of the trace to the last completion; behind a warm-up, from the first publication that
 * counts on. A few flushes at the end of a long trace are thus no burst.
 */
function measuredNs({ options }: Replay, { firstPublishedNs, lastDoneNs }: ReplayMetrics): number {
  return lastDoneNs - (options.warmup === 0 ? 0 : Math.min(firstPublishedNs, lastDoneNs));
}

/** Sections with interrupts off; null if there were none. */
function irqsOff(sections: LatencyRecorder): LatencySummary | null {
  return sections.count === 0 ? null : sections.summary();
}

/** Where the requests of a paravirtual transport come from. */
function unmapResult({ guests, unmaps }: Replay): Partial<WrittenStrategyResult['replay']> {
  const sources = guests[0].paths.map(({ choice }) => choice.transport.unmapsDerivedFrom);
  const source = sources.find((one) => one !== undefined);
  if (source === undefined) return {};
  if (unmaps === undefined) return { unmaps_derived_from: source };
  return {
    unmaps_derived_from: 'unmap-events',
    unmap_requests: unmaps.published,
    unmap_requests_without_asid: unmaps.withoutAsid,
    unpublished_unmaps: unmaps.unpublished,
  };
}

type TimedTranslation = NonNullable<WrittenStrategyResult['timed_translation']>;

/** Contention of timed translations: how full each kind of slot was, and who had to wait. */
function timedTranslation(translators: readonly TimedTranslator[], durationNs: number): TimedTranslation {
  const pools = POOL_NAMES.map((name, index) => {
    const all = translators.map(({ resources }) => resources.pools[index]);
    return [
      name,
      {
        slots: total(all, (pool) => pool.slots),
        grants: total(all, (pool) => pool.grants),
        waited: total(all, (pool) => pool.waited),
        mean_occupancy: durationNs === 0 ? 0 : total(all, (pool) => pool.occupancyNs) / durationNs,
      },
    ];
  });
  return {
    finished: total(translators, (translator) => translator.finished),
    merged: total(translators, ({ walks }) => walks.merged),
    most_in_flight: Math.max(...translators.map((translator) => translator.mostInFlight)),
    slots: Object.fromEntries(pools) as TimedTranslation['slots'],
  };
}

/**
 * Time of the counted operations, and the parts of it whose parameter is tagged E and that the strategy says itself: its
 * author's word, and no estimate of the profile. Waits are outcomes and count in none.
 */
export function timeShares(spentNs: Float64Array, profile: LoadedProfile): TimeShares {
  let totalNs = 0;
  let estimatedNs = 0;
  let ownNs = 0;
  for (let cost = 0; cost < MOST_COSTS; cost++) {
    const key = PARAMETER_OF_COST[cost];
    if (key === undefined && !isOwnCost(cost)) continue;
    totalNs += spentNs[cost];
    if (key === undefined) ownNs += spentNs[cost];
    if (key !== undefined && profile.parameter(key).tag === 'E') estimatedNs += spentNs[cost];
  }
  return { totalNs, estimatedNs, ownNs };
}

function scaled(total: Record<string, number>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(total).map(([stage, ns]) => [stage, count === 0 ? 0 : ns / count]));
}

function amplificationResult({ amplification }: ReplayMetrics): AmplificationResult {
  const guest = sum(amplification.guest);
  const host = sum(amplification.host);
  const extra: Record<string, number> = {};
  const exitsByCause = amplification.exitsByCause();
  for (const [index, cause] of EXTRA_CAUSES.entries()) {
    if (amplification.extra[index] > 0) extra[cause] = amplification.extra[index];
  }
  return {
    guest_commands: guest,
    host_commands: host,
    host_per_guest: guest === 0 ? 0 : host / guest,
    added_syncs: extra['added-sync'] ?? 0,
    exits: Object.values(exitsByCause).reduce((total, count) => total + count, 0),
    exits_by_cause: exitsByCause,
    ioctls: amplification.ioctls,
    hwpt_ioctls: { ...amplification.hwptIoctls },
    pcie_invalidations: amplification.host[Opcode.ATC_INV],
    guest_by_opcode: byOpcode(amplification.guest),
    host_by_opcode: byOpcode(amplification.host),
    not_forwarded_by_opcode: byOpcode(amplification.notForwarded),
    extra_by_cause: extra,
  };
}

function hostCpu(metrics: ReplayMetrics, replay: Replay, durationNs: number): Record<string, number> {
  const cpu: Record<string, number> = {};
  for (const [index, kind] of THREAD_KINDS.entries()) {
    // Only a run that asks for it has background traffic.
    if (kind !== 'background' || metrics.background.count > 0) cpu[kind] = metrics.hostCpuNs[index];
  }
  // A polling worker is never off its core.
  if (replay.switchover !== undefined) {
    cpu.worker = migratingWorkerCpuNs(replay, replay.switchover, migrating(metrics));
    return cpu;
  }
  let polledNs = 0;
  for (const { paths } of replay.guests) {
    const [{ transport }] = paths;
    if (transport.isWorkerPolling) polledNs += durationNs * transport.workerCount;
  }
  if (polledNs > 0) cpu.worker = polledNs;
  return cpu;
}

/** The threads that serve the guest, per operation: the host's own traffic is not the strategy's doing. */
function servingNs({ background: _own = 0, ...serving }: Readonly<Record<string, number>>, operations: number) {
  if (operations === 0) return null;
  return Object.values(serving).reduce((total, ns) => total + ns, 0) / operations;
}

/** The counters of a replay that changes paths. */
function migrating(metrics: ReplayMetrics): MigrationMetrics {
  if (metrics instanceof MigrationMetrics) return metrics;
  throw new Error('a migrating replay was observed by metrics that do not tell the paths apart');
}

function migrationPart(replay: Replay, metrics: ReplayMetrics): Pick<WrittenStrategyResult, 'migration'> {
  const { switchover } = replay;
  return switchover === undefined ? {} : { migration: migrationResult(replay, switchover, migrating(metrics)) };
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function perSecond(count: number, durationNs: number): number {
  return durationNs === 0 ? 0 : (count * 1e9) / durationNs;
}
