/**
 * What a comparison owes to what its profile does not know. Every uncertain parameter is moved down and up, alone, and two
 * strategies are replayed again (facts M §6 asks for ±50 %); then all are drawn at once, many times, for the range of every
 * ratio and for how often the ranking changes. The trace is decoded once.
 */
import { type LoadedProfile, loadProfile } from '../profiles/load.js';
import { SENSITIVITY_SCHEMA } from '../results/declaration/tags.js';
import type { WrittenResult } from '../results/document.js';
import type {
  JointRange,
  SensitivityDocument,
  SensitivityEnd,
  SensitivityRow,
} from '../results/sensitivity-document.js';
import type { RunOptions } from '../session/run-options.js';
import { toolIdentity } from '../session/tool-identity.js';
import { strategyNames } from '../strategies/registry.js';
import { resolveStrategies, strategyFilesIn } from '../strategies/spec.js';
import { UserError } from '../trace/errors.js';
import { InputFiles } from './input-files.js';
import { jointRange } from './joint-range.js';
import { filesOf, type SweepPoint } from './plan.js';
import type { PointOutcome } from './run-point.js';
import { runAll, type SweepHooks } from './sweep.js';
import { type Draw, latinHypercube, type Variations, variationsOf } from './variations.js';

/** What is asked. */
export interface SensitivityQuestion {
  readonly trace: string;
  /** Numerator and denominator of the ratio that parameters are moved for one by one. */
  readonly strategy: string;
  readonly baseline: string;
  /** Paths that are ranked besides these two, when all parameters are drawn at once. */
  readonly strategies: readonly string[];
  /** Share by which each estimate is moved, between 0 and 1. */
  readonly by: number;
  /** Draws of all parameters at once; 0: none. */
  readonly draws: number;
  /** Everything else that decides a replay; its strategies are not looked at. Its seed is that of the draws, too. */
  readonly options: RunOptions;
  readonly jobs: number;
}

/** A replay that could not be made, as the error that it is. */
class FailedPointError extends UserError {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** What a replay of several paths comes to: mean times of an operation, ns, or why there are none. */
type Means = readonly number[] | { readonly refused: string };

const NO_TIME = 'expected a trace with operations that take time, found none';

/**
 * Replay with parameters other than they are.
 * @throws UserError as the replay with the profile as it is would; a value that the model refuses is in its row instead
 */
export async function measureSensitivity(
  question: SensitivityQuestion,
  hooks: SweepHooks = {},
): Promise<SensitivityDocument> {
  const { options, by, draws: count } = question;
  const profile = loadProfile(options.profile, options.set);
  const varied = variationsOf(profile, by);
  const draws = latinHypercube(varied.variations, profile, count, options.seed);
  const pair = [question.strategy, question.baseline];
  const all = [...pair, ...question.strategies];
  const points = [
    pointOf(question, 0, all, new Map()),
    ...varied.variations.flatMap(({ parameter: { key }, low, high }, at) =>
      [low, high].map((value, end) => pointOf(question, 1 + 2 * at + end, pair, new Map([[key, value]]))),
    ),
    ...draws.map((draw, at) => pointOf(question, 1 + 2 * varied.variations.length + at, all, draw)),
  ];
  const { base, means } = await replayAll(points, question, hooks);
  return documentOf(question, profile, base, means, varied);
}

/** `specs`, each path once, where it first occurs. */
export function distinctPaths(specs: readonly string[], atc: readonly string[]): string[] {
  const expanded = specs.flatMap((spec) => (spec === 'all' ? strategyNames() : [spec]));
  const byPath = new Map<string, string>();
  for (const spec of expanded) {
    const path = resolveStrategies([spec], atc).map(
      ({ canonicalName, targeting }) => `${canonicalName} ${targeting.name}`,
    );
    if (!byPath.has(path.join())) byPath.set(path.join(), spec);
  }
  return [...byPath.values()];
}

function pointOf(
  { trace, options, baseline }: SensitivityQuestion,
  index: number,
  strategies: readonly string[],
  draw: Draw,
): SweepPoint {
  const set = [...options.set, ...[...draw].map(([key, value]) => `${key}=${value}`)];
  const at = {
    trace,
    profile: options.profile,
    set: Object.fromEntries([...draw].map(([key, value]) => [key, String(value)])),
    strategy: baseline,
  };
  return {
    index,
    id: String(index),
    at,
    trace,
    options: { ...options, strategies: distinctPaths(strategies, options.atc), set },
  };
}

/** The result of the first point, and the means of all. */
async function replayAll(
  points: readonly SweepPoint[],
  { trace, options, jobs }: SensitivityQuestion,
  { onProgress, signal }: SweepHooks,
): Promise<{ base: WrittenResult; means: readonly Means[] }> {
  const inputs = new InputFiles();
  const files = [...filesOf(trace, options), ...points[0].options.strategies.flatMap(strategyFilesIn)];
  for (const file of files) inputs.note(file);
  const means: Means[] = [];
  let base: PointOutcome | undefined;
  let ended = 0;
  const finish = ({ index }: SweepPoint, outcome: PointOutcome) => {
    if (index === 0) base = outcome;
    means[index] = meansOf(outcome);
    onProgress?.(++ended, points.length);
  };
  await runAll(points, jobs, finish, signal);
  for (const file of files) inputs.requireSame(file);
  if (base === undefined || 'error' in base) {
    throw new FailedPointError(base?.error.message ?? '', base?.error.exit_code ?? 2);
  }
  return { base: JSON.parse(base.json) as WrittenResult, means };
}

function meansOf(outcome: PointOutcome): Means {
  if ('error' in outcome) return { refused: outcome.error.message };
  const { results } = JSON.parse(outcome.json) as WrittenResult;
  const means = results.map(({ latency }) => latency.operation.mean_ns ?? 0);
  return means.every((mean) => mean > 0) ? means : { refused: NO_TIME };
}

function documentOf(
  { by, options, baseline, strategy }: SensitivityQuestion,
  profile: LoadedProfile,
  base: WrittenResult,
  means: readonly Means[],
  { variations, notVaried, held }: Variations,
): SensitivityDocument {
  const [asItIs] = means;
  if (!isMeasured(asItIs)) throw new FailedPointError(asItIs.refused, 2);
  const { tool: _tool, traces, ...run } = base.provenance;
  // A path with several targetings is measured by its first one.
  const placeOf = (spec: string) => {
    const [{ canonicalName, targeting }] = resolveStrategies([spec], options.atc);
    return base.results.findIndex((one) => one.strategy === canonicalName && one.atc === targeting.name);
  };
  const [first, second] = [placeOf(strategy), placeOf(baseline)];
  const ratio = asItIs[first] / asItIs[second];
  const rows = variations.map(({ parameter: { key, unit, value }, low, high }, at): SensitivityRow => {
    const [below, above] = [low, high].map((end, side): SensitivityEnd => {
      const found = means[1 + 2 * at + side];
      if (!isMeasured(found)) return { value: end, ratio: null, refused: found.refused };
      return { value: end, ratio: found[first] / found[second] };
    });
    const swings = [below, above].map((end) => (end.ratio === null ? 0 : Math.abs(end.ratio / ratio - 1)));
    return { key, unit, value: Number(value), low: below, high: above, swing: Math.max(...swings) };
  });
  rows.sort((a, b) => b.swing - a.swing || (a.key < b.key ? -1 : 1));
  const drawn = means.slice(1 + 2 * variations.length);
  const measured = drawn.filter(isMeasured);
  const paths = base.results.map((one, at) => ({ strategy: one.strategy, atc: one.atc, meanNs: asItIs[at] }));
  const joint: JointRange = {
    draws: measured.length,
    refused: drawn.length - measured.length,
    seed: options.seed,
    ...jointRange(paths, measured, second),
    with_range: variations
      .filter(({ parameter }) => parameter.range !== undefined)
      .map(({ parameter }) => parameter.key),
    held,
  };
  return {
    schema: SENSITIVITY_SCHEMA,
    provenance: { tool: toolIdentity(), trace: traces[0], profile: profile.name, by, run },
    strategy: base.results[first].strategy,
    baseline: base.results[second].strategy,
    ratio,
    parameters: rows,
    not_varied: notVaried,
    ...(drawn.length === 0 ? {} : { joint }),
  };
}

const isMeasured = (means: Means): means is readonly number[] => Array.isArray(means);
