/**
 * From the counters of one replay to its `results[]` entry (design §8).
 */
import type { ReplayMetrics } from '../metrics/replay-metrics.js';
import { COST_COUNT, PARAMETER_OF_COST, STAGE_OF_COST, STAGES } from '../path/costs.js';
import type { LoadedProfile } from '../profiles/load.js';
import { THREAD_KINDS } from '../replay/probe.js';
import type { Replay } from '../replay/replay.js';
import { EXTRA_CAUSES } from '../strategies/extra-causes.js';
import { Opcode } from '../trace/opcodes.js';
import { POOL_NAMES } from '../translation/pools.js';
import type { TimedTranslator } from '../translation/timed-translator.js';
import { byOpcode } from './by-opcode.js';
import type { AmplificationResult, StrategyResult } from './document.js';
import { errorsResult } from './errors-result.js';
import { safetyResult, tlbResult } from './tlb-result.js';

/** ns of a replay's submissions by whether they rest on estimates. */
export interface TimeShares {
  readonly totalNs: number;
  readonly estimatedNs: number;
}

/** Build the entry of a finished replay. `trace` is the file's base name. */
export function strategyResult(
  trace: string,
  replay: Replay,
  metrics: ReplayMetrics,
  profile: LoadedProfile,
  hasDma: boolean,
): StrategyResult {
  const submission = metrics.submission.summary();
  const breakdownTotal = breakdown(metrics.spentNs);
  const durationNs = Math.max(0, metrics.lastDoneNs - Math.min(metrics.firstPublishedNs, metrics.lastDoneNs));
  const amplification = amplificationResult(metrics);
  const shares = timeShares(metrics.spentNs, profile);
  return {
    trace,
    strategy: replay.choice.canonicalName,
    atc: replay.choice.targeting.name,
    latency: {
      submission,
      command: metrics.command.summary(),
      translation: metrics.translation.summary(),
      breakdown_ns: scaled(breakdownTotal, submission.count),
      breakdown_total_ns: breakdownTotal,
      estimate_share: shares.totalNs === 0 ? 0 : shares.estimatedNs / shares.totalNs,
    },
    guest: { stall_ns: metrics.stall.summary() },
    amplification,
    tlb: hasDma ? tlbResult(replay) : null,
    safety: hasDma ? safetyResult(replay) : null,
    errors: errorsResult(replay, metrics),
    host: {
      cpu_ns: hostCpu(metrics, replay, durationNs),
      vmm_lock: {
        acquisitions: replay.vmmLock.acquisitions,
        contended: replay.vmmLock.contended,
        held_ns: replay.vmmLock.heldNs,
        longest_hold_ns: replay.vmmLock.longestHoldNs,
      },
      command_engine: { busy_ns: replay.engine.busyNs },
      queues: replay.engine.queues.map((queue) => ({
        capacity: queue.capacity,
        produced: queue.produced,
        consumed: queue.consumed,
        pending: queue.pending,
        deepest: queue.deepest,
        grown: queue.grown,
      })),
      workers: replay.workers.map((worker) => ({ drains: worker.drains, absorbed: worker.absorbed })),
    },
    throughput: {
      duration_ns: durationNs,
      submissions_per_s: perSecond(metrics.publications, durationNs),
      commands_per_s: perSecond(amplification.guest_commands, durationNs),
    },
    ...(replay.translator === undefined ? {} : { timed_translation: timedTranslation(replay.translator, durationNs) }),
    replay: {
      vcpus: replay.vcpuCount,
      publications: metrics.publications,
      unpublished_commands: replay.unpublishedCommands,
      late_starts: replay.lateStarts,
      ...(replay.choice.transport.unmapsDerivedFrom === undefined
        ? {}
        : { unmaps_derived_from: replay.choice.transport.unmapsDerivedFrom }),
      ats_streams_discovered_late: replay.topology.discoveredLate,
    },
  };
}

/** Contention of timed translations: how full each kind of slot was, and who had to wait. */
function timedTranslation(translator: TimedTranslator, durationNs: number): Record<string, unknown> {
  const pools = POOL_NAMES.map((name, index) => {
    const pool = translator.resources.pools[index];
    return [
      name,
      {
        slots: pool.slots,
        grants: pool.grants,
        waited: pool.waited,
        mean_occupancy: durationNs === 0 ? 0 : pool.occupancyNs / durationNs,
      },
    ];
  });
  return {
    finished: translator.finished,
    merged: translator.merged,
    most_in_flight: translator.mostInFlight,
    slots: Object.fromEntries(pools),
  };
}

/** Time of the counted submissions, and the part of it whose parameter is tagged E. Waits are outcomes and count in neither. */
export function timeShares(spentNs: Float64Array, profile: LoadedProfile): TimeShares {
  let totalNs = 0;
  let estimatedNs = 0;
  for (let cost = 0; cost < COST_COUNT; cost++) {
    const key = PARAMETER_OF_COST[cost];
    if (key === undefined) continue;
    totalNs += spentNs[cost];
    if (profile.parameter(key).tag === 'E') estimatedNs += spentNs[cost];
  }
  return { totalNs, estimatedNs };
}

function breakdown(spentNs: Float64Array): Record<string, number> {
  const total: Record<string, number> = Object.fromEntries(STAGES.map((stage) => [stage, 0]));
  for (let cost = 0; cost < COST_COUNT; cost++) total[STAGES[STAGE_OF_COST[cost]]] += spentNs[cost];
  return total;
}

function scaled(total: Record<string, number>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(total).map(([stage, ns]) => [stage, count === 0 ? 0 : ns / count]));
}

function amplificationResult({ amplification }: ReplayMetrics): AmplificationResult {
  const guest = sum(amplification.guest);
  const host = sum(amplification.host);
  const extra: Record<string, number> = {};
  for (const [index, cause] of EXTRA_CAUSES.entries()) {
    if (amplification.extra[index] > 0) extra[cause] = amplification.extra[index];
  }
  return {
    guest_commands: guest,
    host_commands: host,
    host_per_guest: guest === 0 ? 0 : host / guest,
    added_syncs: extra['added-sync'] ?? 0,
    exits: [...amplification.exits.values()].reduce((total, count) => total + count, 0),
    exits_by_cause: Object.fromEntries([...amplification.exits].sort()),
    ioctls: amplification.ioctls,
    pcie_invalidations: amplification.host[Opcode.ATC_INV],
    guest_by_opcode: byOpcode(amplification.guest),
    host_by_opcode: byOpcode(amplification.host),
    not_forwarded_by_opcode: byOpcode(amplification.notForwarded),
    extra_by_cause: extra,
  };
}

function hostCpu(metrics: ReplayMetrics, replay: Replay, durationNs: number): Record<string, number> {
  const cpu: Record<string, number> = {};
  for (const [index, kind] of THREAD_KINDS.entries()) cpu[kind] = metrics.hostCpuNs[index];
  // A polling worker is never off its core.
  if (replay.transport.isWorkerPolling) cpu.worker = durationNs * replay.transport.workerCount;
  return cpu;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function perSecond(count: number, durationNs: number): number {
  return durationNs === 0 ? 0 : (count * 1e9) / durationNs;
}
