/**
 * What a comparison of two strategies owes to each estimate: every parameter tagged E is moved down and up by a share of
 * itself, alone, and both strategies are replayed again (facts M §6 asks for ±50 %). The replays are a sweep of listed points.
 */
import { type LoadedProfile, loadProfile, PARAMETER_SPECS, type Parameter } from '../profiles/load.js';
import { SENSITIVITY_SCHEMA } from '../results/declaration/tags.js';
import type { SensitivityDocument, SensitivityEnd, SensitivityRow } from '../results/sensitivity-document.js';
import type { StudyDocument, StudyPoint } from '../results/study-document.js';
import { UserError } from '../trace/errors.js';
import { planSweep } from './plan.js';
import { STUDY_FORMAT, type StudyFile } from './schema.js';
import { studyOf } from './study.js';
import { runSweep, type SweepHooks } from './sweep.js';

/** What is asked. */
export interface SensitivityQuestion {
  readonly trace: string;
  readonly profile: string;
  /** Numerator and denominator of the ratio. */
  readonly strategy: string;
  readonly baseline: string;
  /** Share by which each estimate is moved, between 0 and 1. */
  readonly by: number;
  readonly limit: number | undefined;
  readonly jobs: number;
}

/** A point that could not be run, as the error that it is. */
class FailedPointError extends UserError {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

interface Variation {
  readonly parameter: Parameter;
  readonly low: number;
  readonly high: number;
}

/**
 * Replay both strategies with every estimate lower and higher.
 * @throws UserError as the replay with the profile as it is would; a value that the model refuses is in its row instead
 */
export async function measureSensitivity(
  question: SensitivityQuestion,
  hooks: SweepHooks = {},
): Promise<SensitivityDocument> {
  const { trace, strategy, baseline, by, limit, jobs } = question;
  const profile = loadProfile(question.profile);
  const { variations, notVaried } = variationsOf(profile, by);
  const settings: Record<string, number>[] = [
    {},
    ...variations.flatMap(({ parameter: { key }, low, high }) => [{ [key]: low }, { [key]: high }]),
  ];
  const content: StudyFile = {
    schema: STUDY_FORMAT,
    traces: [trace],
    profiles: [question.profile],
    strategies: [strategy, baseline],
    replay: limit === undefined ? {} : { limit },
    points: settings.map((set) => ({ set })),
  };
  // Paths are the command line's: they start from its own folder, and code that it names may run.
  const plan = await planSweep(studyOf(content, 'sensitivity.yaml', true));
  const document = await runSweep(plan, { jobs }, hooks);
  return documentOf(question, profile, document, variations, notVaried);
}

/** Both ends of every estimate; a log2 is moved by one, the least that it can: the size is halved and doubled. */
function variationsOf(profile: LoadedProfile, by: number): { variations: Variation[]; notVaried: string[] } {
  const variations: Variation[] = [];
  const notVaried: string[] = [];
  for (const parameter of profile.parameters.filter(({ tag }) => tag === 'E')) {
    const { key, value, unit } = parameter;
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = PARAMETER_SPECS.find((spec) => spec.key === key) ?? {};
    if (typeof value !== 'number' || value <= 0) {
      notVaried.push(key);
      continue;
    }
    const isLog2 = unit.startsWith('log2');
    const inRange = (wanted: number) => Math.min(max, Math.max(min, Math.round(wanted)));
    const low = inRange(isLog2 ? value - 1 : value * (1 - by));
    const high = inRange(isLog2 ? value + 1 : value * (1 + by));
    // Rounded to the value itself on both sides, there is nothing to replay.
    if (low === value && high === value) notVaried.push(key);
    else variations.push({ parameter, low, high });
  }
  return { variations, notVaried };
}

function documentOf(
  { by }: SensitivityQuestion,
  profile: LoadedProfile,
  { points, provenance }: StudyDocument,
  variations: readonly Variation[],
  notVaried: readonly string[],
): SensitivityDocument {
  const [first, second] = points;
  const base = ratioOf(first, second);
  if (base.ratio === null || first.result === null || second.result === null) {
    throw new FailedPointError(base.refused ?? '', first.error?.exit_code ?? second.error?.exit_code ?? 2);
  }
  const { ratio } = base;
  const rows = variations.map(({ parameter: { key, unit, value }, low, high }, at): SensitivityRow => {
    const from = 2 + 4 * at;
    const ends = [
      { value: low, ...ratioOf(points[from], points[from + 1]) },
      { value: high, ...ratioOf(points[from + 2], points[from + 3]) },
    ];
    const swings = ends.map((end) => (end.ratio === null ? 0 : Math.abs(end.ratio / ratio - 1)));
    return { key, unit, value: Number(value), low: ends[0], high: ends[1], swing: Math.max(...swings) };
  });
  rows.sort((a, b) => b.swing - a.swing || (a.key < b.key ? -1 : 1));
  return {
    schema: SENSITIVITY_SCHEMA,
    provenance: { tool: provenance.tool, trace: first.result.provenance.traces[0], profile: profile.name, by },
    strategy: first.result.results[0].strategy,
    baseline: second.result.results[0].strategy,
    ratio,
    parameters: rows,
    not_varied: notVaried,
  };
}

/** Ratio of the mean latencies of two points. */
function ratioOf(numerator: StudyPoint, denominator: StudyPoint): Omit<SensitivityEnd, 'value'> {
  const error = numerator.error ?? denominator.error;
  if (error !== undefined) return { ratio: null, refused: error.message };
  const [a, b] = [numerator, denominator].map(({ result }) => result?.results[0].latency.operation.mean_ns ?? 0);
  if (b === 0) return { ratio: null, refused: 'expected a trace with operations that take time, found none' };
  return { ratio: a / b };
}
