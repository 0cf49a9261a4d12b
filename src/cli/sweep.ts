/** What `sweep`, `merge` and `sensitivity` do between their flags and a reporter. */
import { availableParallelism } from 'node:os';
import { checked } from '../library/checked.js';
import { runStudy } from '../library/library.js';
import { COMPARE_OPTIONS } from '../library/options.js';
import { requireOneStrategy, runOptions as sessionOptions } from '../library/run-options.js';
import type { StudyDocument } from '../results/study-document.js';
import { estimateSweep } from '../sweep/estimate.js';
import { mergeShards } from '../sweep/merge.js';
import { describe, isReusable, planSweep, type SweepPlan } from '../sweep/plan.js';
import { PointStore } from '../sweep/point-store.js';
import { distinctPaths, measureSensitivity } from '../sweep/sensitivity.js';
import { parseShard } from '../sweep/shard.js';
import { loadStudy, openStudy } from '../sweep/study.js';
import { requireAllowed } from './allow-code.js';
import { EXIT_UNEXPECTED } from './failure.js';
import { tell } from './messages.js';
import { type ProgressFlags, withPointProgress } from './progress.js';
import { Report, type ReportFlags } from './report.js';
import { type ReplayFlags, runOptions, splitList } from './run-options.js';

/** Flags of `sweep`, parsed. */
export interface SweepFlags extends ReportFlags, ProgressFlags {
  readonly jobs: number | undefined;
  readonly shard: string | undefined;
  readonly results: string | undefined;
  readonly 'max-points': number;
  readonly 'allow-code': boolean;
}

/** Flags of `sensitivity`, parsed. */
export type SensitivityFlags = ReportFlags &
  ProgressFlags &
  ReplayFlags & {
    readonly strategy: string;
    readonly strategies: string;
    readonly baseline: string;
    readonly percent: number;
    readonly draws: number;
    readonly jobs: number | undefined;
  };

/** Failed points that are told one by one on stderr; the document has all. */
const TOLD_FAILURES = 20;

/** Reasons that are told why points of a strategy cannot be kept. */
const TOLD_REASONS = 3;

/** Run the study at `path` and report it; failed points make the exit code 1. */
export async function sweep(path: string, flags: SweepFlags): Promise<void> {
  if (flags.shard !== undefined) parseShard(flags.shard);
  const opened = openStudy(path, flags['max-points']);
  await requireAllowed(opened.code, flags['allow-code']);
  const study = opened.check('run');
  const inputs = [path, ...study.content.traces.map((trace) => study.resolve(trace))];
  const report = Report.open(flags, { schema: 'smmuscope.study-result/2' }, inputs);
  let document: StudyDocument | undefined;
  await report.write(async () => {
    const { jobs, shard, results } = flags;
    const onPlan = (plan: SweepPlan) => {
      if (results !== undefined) tellNotKept(plan);
    };
    document = await withPointProgress(flags, (onProgress) =>
      runStudy(study, { jobs, shard, results, onProgress }, onPlan),
    );
    return document;
  });
  tellFailures(document);
}

/** What `sweep --dry-run` prints, line by line. */
export async function dryRun(path: string, flags: SweepFlags): Promise<string[]> {
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const plan = await planSweep(loadStudy(path, flags['max-points'], 'leave'));
  const store = flags.results === undefined ? undefined : PointStore.open(flags.results);
  const jobs = flags.jobs ?? availableParallelism();
  const { points, inShard, toRun, standIn, estimatedMs } = await estimateSweep(plan, jobs, shard, store);
  const time =
    estimatedMs === undefined
      ? 'unknown: a trace cannot be read'
      : `${duration(estimatedMs)} with ${jobs} ${jobs === 1 ? 'job' : 'jobs'}, as measured on the beginning of each trace${standIn === undefined ? '' : `, code of your own taken for ${standIn}`}`;
  return [
    `study ${plan.file} (${plan.id.slice(0, 12)})`,
    `points: ${points}`,
    ...(shard === undefined ? [] : [`in shard ${flags.shard}: ${inShard}`]),
    `to run: ${toRun}`,
    `time: ${time}`,
  ];
}

/** Merge the shards at `paths` and report the study. */
export async function merge(paths: readonly string[], flags: ReportFlags): Promise<void> {
  const report = Report.open(flags, { schema: 'smmuscope.study-result/2' }, paths);
  let document: StudyDocument | undefined;
  await report.write(async () => {
    document = mergeShards(paths);
    return document;
  });
  tellFailures(document);
}

/** Measure what a comparison rests on and report it. */
export async function sensitivity(trace: string, flags: SensitivityFlags): Promise<void> {
  const { strategy, baseline, percent, draws } = flags;
  requireOneStrategy('--strategy', strategy);
  requireOneStrategy('--baseline', baseline);
  const strategies = splitList(flags.strategies);
  // Curves belong to the page of a result.
  const model = checked(COMPARE_OPTIONS, { ...runOptions(flags), mrc: false });
  const options = sessionOptions(distinctPaths([strategy, baseline, ...strategies], model.atc), model);
  const report = Report.open(flags, { schema: 'smmuscope.sensitivity/2' }, [trace]);
  const jobs = flags.jobs ?? availableParallelism();
  const question = { trace, strategy, baseline, strategies, options, jobs, draws, by: percent / 100 };
  await report.write(() => withPointProgress(flags, (onProgress) => measureSensitivity(question, { onProgress })));
}

/** Code whose results depend on more than can be told is run anew each time: say why. */
function tellNotKept({ points }: SweepPlan): void {
  const reasons = new Map(points.filter((point) => !isReusable(point)).map(({ at, code }) => [at.strategy, code]));
  for (const [strategy, code] of reasons) {
    const { notCovered = [] } = code ?? {};
    const more = notCovered.length > TOLD_REASONS ? ` and ${notCovered.length - TOLD_REASONS} more` : '';
    const told = `${notCovered.slice(0, TOLD_REASONS).join(', ')}${more}`;
    tell(`points of ${strategy} are not kept: its code may depend on more than its files (${told})`);
  }
}

function tellFailures(document: StudyDocument | undefined): void {
  const failed = document?.points.filter(({ error }) => error !== undefined) ?? [];
  if (failed.length === 0) return;
  for (const { index, at, error } of failed.slice(0, TOLD_FAILURES)) {
    tell(`point ${index} (${describe(at)}): ${error?.message}`);
  }
  const more = failed.length - TOLD_FAILURES;
  if (more > 0) tell(`${more} more points failed`);
  process.exitCode = EXIT_UNEXPECTED;
}

/** About how long, with two significant digits at most. */
function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) return 'less than 1 s';
  if (seconds < 120) return `about ${Math.round(seconds)} s`;
  if (seconds < 7200) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}
