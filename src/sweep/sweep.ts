/**
 * Runs the points of a plan: each trace is decoded once, every point is one replay on a thread, and the document has them
 * in the order of the plan, whatever order they ended in.
 */
import { STUDY_COLUMNS } from '../columns/registry.js';
import { STUDY_RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { WrittenResult } from '../results/document.js';
import { stillAxes } from '../results/study-axes.js';
import type { ParetoSpec, StudyDocument, StudyPoint, WrittenStudy } from '../results/study-document.js';
import { toolIdentity } from '../session/tool-identity.js';
import { paretoFronts } from './pareto.js';
import { filesOf, isReusable, type SweepPlan, type SweepPoint } from './plan.js';
import type { PointStore } from './point-store.js';
import { ownThread, type PointThread, workerThread } from './pool.js';
import { failedWith, type PointOutcome } from './run-point.js';
import { isInShard, type Shard } from './shard.js';
import { decodeShared, type SharedTrace } from './shared-trace.js';

type WrittenPoint = WrittenStudy['points'][number];

/** How a plan is run; none of it changes a byte of the document but `shard`. */
export interface SweepSettings {
  /** Threads; 1: the caller's own. */
  readonly jobs: number;
  readonly shard?: Shard | undefined;
  /** Where finished points are kept and found. */
  readonly store?: PointStore | undefined;
}

/** Observation of a sweep. */
export interface SweepHooks {
  /** Points that have ended, those found in the store included, of all points of the shard. */
  readonly onProgress?: ((ended: number, points: number) => void) | undefined;
  /** Ends the sweep; points that have ended are in the store. */
  readonly signal?: AbortSignal | undefined;
}

/** A point and the decoded trace that it runs on, or why there is none. */
interface Task {
  readonly point: SweepPoint;
  readonly trace: SharedTrace | { readonly failure: PointOutcome };
}

/** The points of `plan` that belong to `shard`. */
export function pointsOfShard({ points }: SweepPlan, shard: Shard | undefined): readonly SweepPoint[] {
  return shard === undefined ? points : points.filter(({ index }) => isInShard(index, shard));
}

/** Run `plan`. A point that fails is in the document with its error; the others are run all the same. */
export async function runSweep(
  plan: SweepPlan,
  { jobs, shard, store }: SweepSettings,
  hooks: SweepHooks = {},
): Promise<WrittenStudy> {
  const wanted = pointsOfShard(plan, shard);
  const ended = new Map<number, WrittenPoint>();
  const end = (point: SweepPoint, outcome: PointOutcome) => {
    ended.set(point.index, studyPoint(point, outcome));
    hooks.onProgress?.(ended.size, wanted.length);
  };
  const open: SweepPoint[] = [];
  for (const point of wanted) {
    const json = isReusable(point) ? store?.load(point.id) : undefined;
    if (json === undefined) open.push(point);
    else end(point, { json });
  }
  const finish = (point: SweepPoint, ran: PointOutcome) => {
    const outcome = checked(plan, point, ran);
    if ('json' in outcome && isReusable(point)) store?.save(point.id, outcome.json);
    end(point, outcome);
  };
  await runAll(open, jobs, finish, hooks.signal);
  const points = wanted.map(({ index }) => ended.get(index) as WrittenPoint);
  return studyDocument(plan, points, shard);
}

/** `outcome`, unless a file has changed since the plan was made: then it is not that of the point's identity. */
function checked({ inputs }: SweepPlan, { trace, options }: SweepPoint, outcome: PointOutcome): PointOutcome {
  try {
    for (const path of filesOf(trace, options)) inputs.requireSame(path);
    return outcome;
  } catch (error) {
    return failedWith(error);
  }
}

/** The parts of a plan that a document needs. */
export interface StudyIdentity<Tool> {
  readonly file: string;
  readonly id: string;
  readonly count: number;
  readonly traces: SweepPlan['traces'];
  readonly pareto: ParetoSpec;
  readonly tool: Tool;
}

/** The document of `points`, which are those of `shard` or all, in order. */
export function assembleStudy<Point extends StudyPoint, Tool extends StudyDocument['provenance']['tool']>(
  { file, id, count, traces, pareto, tool }: StudyIdentity<Tool>,
  points: readonly Point[],
  shard: Shard | undefined,
) {
  return {
    schema: STUDY_RESULT_SCHEMA as typeof STUDY_RESULT_SCHEMA,
    provenance: { tool, study: { file, id, points: count }, traces },
    ...(shard === undefined ? {} : { shard: { index: shard.index, count: shard.count } }),
    failed: points.filter(({ error }) => error !== undefined).length,
    points,
    pareto: {
      latency: pareto.latency,
      ...(pareto.objectives === undefined ? {} : { objectives: pareto.objectives }),
      over: pareto.over,
      fronts: shard === undefined ? paretoFronts(points, pareto) : null,
    },
    axes_without_effect: shard === undefined ? axesWithoutEffect(points) : null,
  };
}

/** Axes that do not move some of the metrics that the table of a study shows. */
function axesWithoutEffect(points: readonly StudyPoint[]): WrittenStudy['axes_without_effect'] {
  const placed = points.flatMap(({ at, result }) => {
    const [entry] = result?.results ?? [];
    if (entry === undefined) return [];
    return [{ at, values: STUDY_COLUMNS.map((column) => column.value({ result: entry, baseline: undefined })) }];
  });
  return stillAxes(placed).map(({ axis, still }) => ({
    axis,
    metrics: still.map((at) => STUDY_COLUMNS[at].path ?? ''),
  }));
}

function studyDocument(plan: SweepPlan, points: readonly WrittenPoint[], shard: Shard | undefined): WrittenStudy {
  return assembleStudy({ ...plan, count: plan.points.length, tool: toolIdentity() }, points, shard);
}

function studyPoint({ index, id, at, trace }: SweepPoint, outcome: PointOutcome): WrittenPoint {
  if ('json' in outcome) {
    const { json } = outcome;
    // Held as text, a fraction of its size, and parsed anew whenever it is asked for: a study has thousands.
    const parsed = () => JSON.parse(json) as WrittenResult;
    return {
      index,
      id,
      at,
      get result() {
        return parsed();
      },
    };
  }
  const { exit_code, message } = outcome.error;
  // Where the study lies on this machine is nobody else's business, and would differ from shard to shard.
  return { index, id, at, result: null, error: { exit_code, message: message.replaceAll(trace, at.trace) } };
}

/** Run every one of `points`; a trace is decoded once for all of its points. */
export async function runAll(
  points: readonly SweepPoint[],
  jobs: number,
  finish: (point: SweepPoint, outcome: PointOutcome) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tasks = tasksOf(points, signal);
  const threadCount = Math.min(jobs, points.length);
  const threads = threadCount <= 1 ? [ownThread(signal)] : Array.from({ length: threadCount }, workerThread);
  try {
    await orAborted(Promise.all(threads.map((thread) => work(thread, tasks, finish, signal))), signal);
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** `work`, unless `signal` is aborted before it has ended: then its reason is thrown at once. */
async function orAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal?.addEventListener('abort', stop);
  try {
    await Promise.race([work, aborted]);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Take one task after another until there are no more; several threads draw from the same `tasks`. */
async function work(
  thread: PointThread,
  tasks: AsyncGenerator<Task, void>,
  finish: (point: SweepPoint, outcome: PointOutcome) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let next = await tasks.next(); next.done !== true; next = await tasks.next()) {
    const { point, trace } = next.value;
    const job = { path: point.trace, options: point.options, codeDigest: point.code?.digest };
    const outcome = 'failure' in trace ? trace.failure : await thread.run({ ...job, trace });
    if (signal?.aborted === true) return;
    finish(point, outcome);
  }
}

/** Tasks in order; a trace is decoded when its first point is due and let go when its last has been handed out. */
async function* tasksOf(points: readonly SweepPoint[], signal: AbortSignal | undefined): AsyncGenerator<Task, void> {
  for (const path of new Set(points.map(({ trace }) => trace))) {
    const ofTrace = points.filter(({ trace }) => trace === path);
    const trace = await decode(ofTrace[0], signal);
    for (const point of ofTrace) yield { point, trace };
  }
}

/** How a trace is read is the same at every point of a study. */
async function decode({ trace, options }: SweepPoint, signal: AbortSignal | undefined): Promise<Task['trace']> {
  try {
    return await decodeShared(trace, options, options.limit, signal);
  } catch (error) {
    return { failure: failedWith(error) };
  }
}
