/**
 * The functions of the library (docs/library.md), each in two halves: what is asked for is checked, before anything is read,
 * and then done. The commands call the halves, because what they write to is opened between them.
 *
 * Whatever the options or the input are to blame for is a UserError. Modules of the work itself are loaded when it begins:
 * whoever wants the parts of a strategy alone loads nothing else.
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { InspectDocument } from '../analysis/inspect/document.js';
import type { DiffDocument } from '../diff/document.js';
import type { OpenTrace } from '../formats/open-trace.js';
import type { SavedTrace } from '../formats/save-trace.js';
import type { TimelineProbe } from '../replay/timeline-probe.js';
import type { WrittenResult } from '../results/document.js';
import type { WrittenStudy } from '../results/study-document.js';
import { DEFAULTS } from '../session/defaults.js';
import type { SweepPlan } from '../sweep/plan.js';
import type { Study } from '../sweep/study.js';
import { UsageError } from '../trace/errors.js';
import type { EventBatch } from '../trace/events.js';
import { abortable } from './abort.js';
import { checked, shown } from './checked.js';
import {
  COMPARE_OPTIONS,
  CONVERT_OPTIONS,
  type CompareOptions,
  type ConvertOptions,
  DIFF_OPTIONS,
  type DiffOptions,
  INSPECT_OPTIONS,
  type InspectOptions,
  OPEN_OPTIONS,
  type OpenOptions,
  REPLAY_OPTIONS,
  type ReplayOptions,
  SWEEP_OPTIONS,
  type SweepOptions,
} from './options.js';
import type { DocumentInput } from './result-file.js';
import { namedTraces, type TraceInput } from './trace-input.js';

/** What a first half comes to: checked options, for its second half. */
type Plan<FirstHalf extends (...given: never) => unknown> = Awaited<ReturnType<FirstHalf>>;

/**
 * Replay `trace` through one strategy.
 * @returns the result document, as `smmuscope replay --json` prints it
 * @throws UserError for what the options or the trace are to blame for, AbortError
 */
export async function replay(trace: TraceInput, options: ReplayOptions): Promise<WrittenResult> {
  return runReplay(await planReplay(trace, options));
}

/** The first half of `replay`. */
export async function planReplay(trace: TraceInput, given: ReplayOptions) {
  const { migrateOptions, requireOneStrategy, runOptions } = await import('./run-options.js');
  const { strategy, migrateAt, to, onProgress, signal, ...model } = checked(REPLAY_OPTIONS, given);
  const { paths, contents } = namedTraces([trace]);
  requireOneStrategy('--strategy', strategy);
  const migrate = migrateOptions(migrateAt, to, model);
  const options = { ...runOptions([strategy], model), migrate, contents };
  return { path: paths[0], options, onProgress, signal };
}

/** The second half; `timeline` observes the course in time. */
export async function runReplay(
  { path, options, ...hooks }: Plan<typeof planReplay>,
  timeline?: TimelineProbe | undefined,
): Promise<WrittenResult> {
  const { runReplays } = await import('../session/run.js');
  const { withAnswer } = await import('../answer/answer.js');
  const replayed = await abortable(hooks.signal, () => runReplays([path], options, { ...hooks, timeline }));
  return withAnswer(replayed, undefined);
}

/**
 * Replay every trace through several strategies.
 * @returns the result document, as `smmuscope compare --json` prints it; `gates.passed` says whether a gate failed
 * @throws UserError for what the options or a trace are to blame for, AbortError
 */
export async function compare(
  traces: TraceInput | readonly TraceInput[],
  options: CompareOptions = {},
): Promise<WrittenResult> {
  return runComparison(await planComparison(traces, options));
}

/** The first half of `compare`. */
export async function planComparison(traces: TraceInput | readonly TraceInput[], given: CompareOptions) {
  const { resolveBaseline } = await import('./baseline.js');
  const { judgingOf, readGates, splitBaselines } = await import('./gates.js');
  const { runOptions } = await import('./run-options.js');
  const { strategies, onProgress, signal, jobs, ...comparison } = checked(COMPARE_OPTIONS, given);
  const { paths, contents } = namedTraces(Array.isArray(traces) ? traces : [traces]);
  if (paths.length === 0) throw new UsageError('expected at least one trace, found none');
  const options = { ...runOptions(strategies, comparison), contents };
  const { strategy, earlier } = splitBaselines(comparison.baseline);
  const baseline = resolveBaseline(strategy, options.strategies, options.atc);
  const gates = readGates(comparison.gates);
  requireDistinctNames(paths);
  const judging = judgingOf(comparison, paths, earlier);
  const threads = jobs ?? Math.min(DEFAULTS.threads, availableParallelism());
  return {
    paths,
    options,
    baseline,
    earlier: earlier === undefined ? undefined : { ...earlier, isAcross: comparison.across === 'recordings' },
    gates,
    judging,
    seeds: comparison.seeds,
    jobs: threads,
    onProgress,
    signal,
  };
}

/** The second half. */
export async function runComparison(plan: Plan<typeof planComparison>): Promise<WrittenResult> {
  const { paths, options, baseline, earlier, gates, judging, seeds, ...hooks } = plan;
  const { runSeeds } = await import('../session/seeds.js');
  const replayed = await abortable(hooks.signal, () => runSeeds(paths, options, seeds, hooks));
  const { withVerdicts } = await import('../gates/verdicts.js');
  const { withAnswer } = await import('../answer/answer.js');
  const judged = withAnswer(withVerdicts(replayed, gates, earlier ?? baseline, judging), baseline);
  if (earlier === undefined) return judged;
  const { differencesBetween, sideOf } = await import('../diff/diff.js');
  const now = { document: judged, name: 'this comparison', file: '' };
  return { ...judged, against: { old: sideOf(earlier), ...differencesBetween(earlier, now, earlier) } };
}

/**
 * Results name their trace by its file name, so two traces must not share one.
 * @throws UsageError for two that do
 */
export function requireDistinctNames(traces: readonly string[]): void {
  const names = traces.map((trace) => basename(trace));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated === undefined) return;
  throw new UsageError(`expected traces with different file names, found ${repeated} twice`);
}

/**
 * Open `trace`; its events are read as `batches` are drawn, its statistics are whole when they have been.
 * @throws UserError for what the options or the trace are to blame for, while drawing too
 */
export async function openTrace(trace: TraceInput, options: OpenOptions = {}): Promise<OpenTrace> {
  const { openRecording } = await import('../formats/open-recording.js');
  const { recordingOptions } = await import('./reading.js');
  const reading = recordingOptions(checked(OPEN_OPTIONS, options));
  const { paths, contents } = namedTraces([trace]);
  return openRecording(paths[0], { ...reading, contents });
}

/**
 * Say what is in `trace`.
 * @returns the document that `smmuscope inspect --json` prints
 * @throws UserError for what the options or the trace are to blame for, AbortError
 */
export async function inspect(trace: TraceInput, options: InspectOptions = {}): Promise<InspectDocument> {
  const { openRecording } = await import('../formats/open-recording.js');
  const { inspectTrace } = await import('../analysis/inspect/inspect-trace.js');
  const { interruptible } = await import('../session/interruptible.js');
  const { transformed } = await import('../session/transformed.js');
  const { recordingOptions, transformOptions } = await import('./reading.js');
  const { limit, onProgress, signal, ...read } = checked(INSPECT_OPTIONS, options);
  const { paths, contents } = namedTraces([trace]);
  const [path] = paths;
  const reading = { ...recordingOptions(read), limit, transforms: transformOptions(read.transforms), contents };
  return abortable(signal, async () => {
    const opened = await openRecording(path, reading);
    const transform = (batches: AsyncGenerator<EventBatch>) => {
      const guest = transformed(opened, path, reading, batches);
      return { batches: interruptible(guest.batches, signal), report: () => guest.report() };
    };
    try {
      return await inspectTrace(opened, { limit, transform, onProgress });
    } finally {
      await opened.batches.return(undefined);
    }
  });
}

/**
 * Convert `trace` to the file `output` (`-` is standard output), which appears whole or not at all.
 * @returns what was written, and what the format could not hold
 * @throws UserError for what the options or the trace are to blame for, AbortError
 */
export async function convert(trace: TraceInput, output: string, options: ConvertOptions = {}): Promise<SavedTrace> {
  const { convertTrace } = await import('../session/convert.js');
  const { path, conversion, ...hooks } = await planConversion(trace, output, options);
  return abortable(hooks.signal, () => convertTrace(path, output, conversion, hooks));
}

/** The first half of `convert`. */
export async function planConversion(trace: TraceInput, output: string, options: ConvertOptions) {
  const { recordingOptions, transformOptions } = await import('./reading.js');
  const { to, compress, limit, onProgress, signal, ...read } = checked(CONVERT_OPTIONS, options);
  const { paths, contents } = namedTraces([trace]);
  if (typeof output !== 'string') throw new UsageError(`expected the path of an output, found ${shown(output)}`);
  const transforms = transformOptions(read.transforms);
  const conversion = { ...recordingOptions(read), to, compression: compress, limit, transforms, contents };
  return { path: paths[0], conversion, onProgress, signal };
}

/**
 * Run the study in the file at `study`.
 * @returns the document that `smmuscope sweep --json` prints; a point that failed is in it with its error
 * @throws UserError for what the options or the study are to blame for, AbortError: finished points are in `results`
 */
export async function sweep(study: string, options: SweepOptions = {}): Promise<WrittenStudy> {
  const { openStudy } = await import('../sweep/study.js');
  const settings = checked(SWEEP_OPTIONS, options);
  if (typeof study !== 'string') throw new UsageError(`expected the path of a study, found ${shown(study)}`);
  return runStudy(openStudy(study, settings.maxPoints).check(settings.allowCode ? 'run' : 'refuse'), settings);
}

/** The second half of `sweep`; `onPlan` is told what will be run. */
export async function runStudy(
  study: Study,
  options: SweepOptions,
  onPlan: (plan: SweepPlan) => void = () => {},
): Promise<WrittenStudy> {
  const { PointStore } = await import('../sweep/point-store.js');
  const { planSweep } = await import('../sweep/plan.js');
  const { parseShard } = await import('../sweep/shard.js');
  const { runSweep } = await import('../sweep/sweep.js');
  const { jobs = availableParallelism(), shard: part, results, onProgress, signal } = options;
  const shard = part === undefined ? undefined : parseShard(part);
  return abortable(signal, async () => {
    const plan = await planSweep(study, signal);
    const store = results === undefined ? undefined : PointStore.open(results);
    onPlan(plan);
    const claim = store?.claim(plan.id, shard);
    try {
      return await runSweep(plan, { jobs, shard, store }, { onProgress, signal });
    } finally {
      claim?.release();
    }
  });
}

/**
 * Say how `now` differs from `old`, both results or both studies: documents, or paths of their JSON.
 * @returns the document that `smmuscope diff --json` prints; where nothing differs, its `differences` are empty
 * @throws UserError for what is no such document, and for results of different recordings unless `across` asks for them
 */
export async function diff(old: DocumentInput, now: DocumentInput, options: DiffOptions = {}): Promise<DiffDocument> {
  return runDiff(await planDiff(old, now, options));
}

/** The first half of `diff`. */
export async function planDiff(old: DocumentInput, now: DocumentInput, given: DiffOptions) {
  const { across } = checked(DIFF_OPTIONS, given);
  const { readComparable } = await import('./result-file.js');
  if (old === '-' && now === '-') throw new UsageError('expected one document on standard input, found - twice');
  return {
    old: await readComparable(old, 'OLD'),
    now: await readComparable(now, 'NEW'),
    isAcross: across !== undefined,
  };
}

/** The second half. */
export async function runDiff({ old, now, isAcross }: Plan<typeof planDiff>): Promise<DiffDocument> {
  const { diffDocuments } = await import('../diff/diff.js');
  const { toolIdentity } = await import('../session/tool-identity.js');
  return diffDocuments(old, now, { isAcross }, toolIdentity());
}
