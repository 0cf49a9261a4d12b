/**
 * From the counters of one replay to its `results[]` entry (design §8).
 */
import type { LatencyRecorder } from '../distribution/latency-recorder.js';
import type { ReplayMetrics } from '../metrics/replay-metrics.js';
import { COST_COUNT, PARAMETER_OF_COST, STAGE_OF_COST, STAGES } from '../path/costs.js';
import type { LoadedProfile } from '../profiles/load.js';
import { THREAD_KINDS } from '../replay/probe.js';
import type { Replay } from '../replay/replay.js';
import { EXTRA_CAUSES } from '../strategies/extra-causes.js';
import { Opcode, opcodeKey } from '../trace/opcodes.js';
import { POOL_NAMES } from '../translation/pools.js';
import type { TimedTranslator } from '../translation/timed-translator.js';
import type { AmplificationResult, LatencySummary, StrategyResult } from './document.js';
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
    guest: { stall_ns: metrics.stall.summary(), irq_off_ns: irqsOff(metrics.guestIrqsOff) },
    amplification,
    tlb: hasDma ? tlbResult(replay) : null,
    safety: hasDma ? safetyResult(replay) : null,
    errors: {
      refused_by_opcode: byOpcode(metrics.amplification.refused),
      swallowed_by_opcode: byOpcode(metrics.amplification.swallowed),
      atc_timeouts: replay.engine.atcTimeouts,
    },
    host: {
      cpu_ns: hostCpu(metrics, replay, durationNs),
      irq_off_ns: irqsOff(metrics.hostIrqsOff),
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
      workers: replay.workers.map(({ drains, absorbed, foundPolling, polledNs }) =>
        replay.transport.workerSpinNs === undefined
          ? { drains, absorbed }
          : { drains, absorbed, found_polling: foundPolling, polled_ns: polledNs },
      ),
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
      ...unmapResult(replay),
      ats_streams_discovered_late: replay.topology.discoveredLate,
    },
  };
}

/** Sections with interrupts off; null if there were none. */
function irqsOff(sections: LatencyRecorder): LatencySummary | null {
  return sections.count === 0 ? null : sections.summary();
}

/** Where the requests of a paravirtual transport come from. */
function unmapResult({ choice, unmaps }: Replay): Record<string, unknown> {
  if (choice.transport.unmapsDerivedFrom === undefined) return {};
  if (unmaps === undefined) return { unmaps_derived_from: choice.transport.unmapsDerivedFrom };
  return {
    unmaps_derived_from: 'unmap-events',
    unmap_requests: unmaps.published,
    unmap_requests_without_asid: unmaps.withoutAsid,
    unpublished_unmaps: unmaps.unpublished,
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
  for (const [index, kind] of THREAD_KINDS.entries()) cpu[kind] = metrics.hostCpuNs[index];
  // A polling worker is never off its core.
  if (replay.transport.isWorkerPolling) cpu.worker = durationNs * replay.transport.workerCount;
  return cpu;
}

function byOpcode(counts: Float64Array): Record<string, number> {
  const result: Record<string, number> = {};
  for (let opcode = 0; opcode < counts.length; opcode++) {
    if (counts[opcode] > 0) result[opcodeKey(opcode)] = counts[opcode];
  }
  return result;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function perSecond(count: number, durationNs: number): number {
  return durationNs === 0 ? 0 : (count * 1e9) / durationNs;
}
