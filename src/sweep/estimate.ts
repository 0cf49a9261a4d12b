/**
 * How long a sweep will take, from a short measurement: the beginning of each trace is decoded and replayed once by each
 * strategy of the points that are still to be run. A forecast of this machine at this moment, nothing else.
 */
import { statSync } from 'node:fs';
import { transformSettings } from '../guest/transforms/registry.js';
import { isReusable, type SweepPlan, type SweepPoint } from './plan.js';
import type { PointStore } from './point-store.js';
import { runPoint } from './run-point.js';
import type { Shard } from './shard.js';
import { decodeShared, type SharedTrace } from './shared-trace.js';
import { pointsOfShard } from './sweep.js';

/** What stands for a strategy from a file: a forecast runs nobody's code. */
const STAND_IN = 'ioctl';

/** Events at the beginning of a trace that are measured. */
const PROBED_EVENTS = 20_000;

/** What a sweep has before it. */
export interface SweepEstimate {
  /** Points of the study, of the shard, and of those the ones that are still to be run. */
  readonly points: number;
  readonly inShard: number;
  readonly toRun: number;
  /** The strategy that was measured in the place of the user's own; undefined if there are none to be run. */
  readonly standIn: string | undefined;
  /** Wall-clock time with `jobs` threads, ms; undefined if a trace cannot be read. */
  readonly estimatedMs: number | undefined;
}

/** Measure and extrapolate. */
export async function estimateSweep(
  plan: SweepPlan,
  jobs: number,
  shard: Shard | undefined,
  store: PointStore | undefined,
): Promise<SweepEstimate> {
  const wanted = pointsOfShard(plan, shard);
  const open = wanted.filter((point) => !isReusable(point) || store?.load(point.id) === undefined);
  const standIn = open.some(({ code }) => code !== undefined) ? STAND_IN : undefined;
  const counts = { points: plan.points.length, inShard: wanted.length, toRun: open.length, standIn };
  let decodeMs = 0;
  let replayMs = 0;
  for (const path of new Set(open.map(({ trace }) => trace))) {
    const ofTrace = open.filter(({ trace }) => trace === path);
    const cost = await traceCost(ofTrace);
    if (cost === undefined) return { ...counts, estimatedMs: undefined };
    decodeMs += cost.decodeMs;
    replayMs += cost.replayMs;
  }
  // Traces are decoded by one thread, while the others replay the one before: at worst one after the other.
  return { ...counts, estimatedMs: decodeMs + replayMs / Math.max(1, Math.min(jobs, open.length)) };
}

async function traceCost(points: readonly SweepPoint[]): Promise<{ decodeMs: number; replayMs: number } | undefined> {
  const [{ trace: path, options }] = points;
  const limit = Math.min(options.limit ?? PROBED_EVENTS, PROBED_EVENTS);
  const begun = performance.now();
  let shared: SharedTrace;
  try {
    shared = await decodeShared(path, options, limit);
  } catch {
    return undefined;
  }
  const probedMs = performance.now() - begun;
  const probed = shared.blocks.reduce((total, { count }) => total + count, 0);
  const factor = eventFactor(path, shared, probed, options.limit);
  const msByKind = new Map<string, number>();
  let replayMs = 0;
  for (const point of points) {
    const { transforms: { repeat = 1, ...transforms } = {}, vms = 1 } = point.options;
    const strategies = point.code === undefined ? point.options.strategies : [STAND_IN];
    const kind = JSON.stringify([strategies, transformSettings(transforms)]);
    const once = { ...point, options: { ...point.options, strategies, transforms, vms: 1 } };
    const known = msByKind.get(kind) ?? (await replayTime(once, shared));
    msByKind.set(kind, known);
    // Several VMs and repetitions replay the trace several times.
    replayMs += known * factor * vms * repeat;
  }
  return { decodeMs: probedMs * factor, replayMs };
}

/** How many times the measured events the replay will have, by the bytes that they took. */
function eventFactor(path: string, shared: SharedTrace, probed: number, limit: number | undefined): number {
  if (probed < PROBED_EVENTS || limit === PROBED_EVENTS) return 1;
  const total = statSync(path).size;
  const byBytes = shared.bytesRead === 0 ? 1 : Math.max(1, total / shared.bytesRead);
  return limit === undefined ? byBytes : Math.min(byBytes, limit / probed);
}

async function replayTime({ trace, options }: SweepPoint, shared: SharedTrace): Promise<number> {
  const begun = performance.now();
  await runPoint({ path: trace, options, trace: shared, codeDigest: undefined });
  return performance.now() - begun;
}
