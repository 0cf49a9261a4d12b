/**
 * The `migration` part of a result: when the paths changed, what that cost, and the proof that nothing was lost.
 */
import type { MigrationMetrics } from '../metrics/migration-metrics.js';
import type { PathCounts, Switchover } from '../replay/migration/switchover.js';
import type { Replay } from '../replay/replay.js';
import type { LatencySummary } from './document.js';

/** One of the two paths. */
export interface MigrationSide {
  readonly strategy: string;
  readonly atc: string;
  /** Publications, with or without SYNC, warm-up included. */
  readonly submissions: number;
  readonly published_commands: number;
  readonly completed_commands: number;
  /** As `latency.operation`, of those that ended on this path. */
  readonly latency: LatencySummary;
}

/** JSON of `results[].migration`. Times are simulated ns unless said otherwise. */
export interface MigrationResult {
  /** Trace time, relative to the trace's start. */
  readonly at_ns: number;
  readonly from: string;
  readonly to: string;
  /** When the first publication of the new path was due; null: the trace has none at or after `at_ns`. */
  readonly requested_ns: number | null;
  /** From then until everything of the old path was done. */
  readonly drain_ns: number;
  /** From then until the new path was open. */
  readonly switch_ns: number;
  /** Both together. */
  readonly paused_ns: number;
  /** Submissions of the old path that had not ended at `requested_ns`. */
  readonly drained_submissions: number;
  /** Submissions that waited for the new path, and their waits summed. */
  readonly held_submissions: number;
  readonly held_ns: number;
  readonly before: MigrationSide;
  readonly after: MigrationSide;
  /** Guest commands whose submission never ended, and host commands never executed, at the end of the trace. */
  readonly lost: number;
}

/** Build it; call before the recorders of `metrics` are destroyed. */
export function migrationResult(replay: Replay, switchover: Switchover, metrics: MigrationMetrics): MigrationResult {
  const { migration, paths, requestedNs, drainedNs, openNs, drainedSubmissions, heldSubmissions, heldNs } = switchover;
  const [before, after] = paths;
  const unfinished = (counts: PathCounts) => counts.publishedCommands - counts.completedCommands;
  const pending = replay.engines.queues.reduce((sum, { ring }) => sum + ring.pending, 0);
  const side = (index: 0 | 1): MigrationSide => {
    const { canonicalName, targeting } = index === 0 ? migration.from : migration.to;
    return {
      strategy: canonicalName,
      atc: targeting.name,
      submissions: paths[index].submissions,
      published_commands: paths[index].publishedCommands,
      completed_commands: paths[index].completedCommands,
      latency: metrics.operationByPath[index].summary(),
    };
  };
  return {
    at_ns: migration.atNs,
    from: migration.from.canonicalName,
    to: migration.to.canonicalName,
    requested_ns: requestedNs < 0 ? null : requestedNs,
    drain_ns: drainedNs - requestedNs,
    switch_ns: openNs - drainedNs,
    paused_ns: openNs - requestedNs,
    drained_submissions: drainedSubmissions,
    held_submissions: heldSubmissions,
    held_ns: heldNs,
    before: side(0),
    after: side(1),
    lost: unfinished(before) + unfinished(after) + pending,
  };
}

/**
 * CPU time of the workers of a migrating replay: a polling one is never off its core while its path is in use, a sleeping one
 * is counted while it runs. Everything published before `drainedNs` went by the old path.
 */
export function migratingWorkerCpuNs(replay: Replay, switchover: Switchover, metrics: MigrationMetrics): number {
  const { firstPublishedNs, lastDoneNs } = metrics;
  if (firstPublishedNs > lastDoneNs) return 0;
  const endNs =
    switchover.drainedNs < 0 ? lastDoneNs : Math.min(lastDoneNs, Math.max(firstPublishedNs, switchover.drainedNs));
  const inUseNs = [endNs - firstPublishedNs, lastDoneNs - endNs];
  const { length: vms } = replay.guests;
  return replay.guests[0].paths.reduce(
    (sum, { transport }, index) =>
      sum + (transport.isWorkerPolling ? inUseNs[index] * transport.workerCount * vms : metrics.workerCpuNs[index]),
    0,
  );
}
