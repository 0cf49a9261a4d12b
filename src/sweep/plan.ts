/**
 * From a study to its points, each with an identity that says everything that decides its result.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { metricCalled } from '../columns/choose.js';
import { parseColumnMap } from '../formats/csv/column-map.js';
import { requireSingleTrace } from '../formats/open-recording.js';
import { transformSettings } from '../guest/transforms/registry.js';
import { loadProfile } from '../profiles/load.js';
import type { Coordinates, ParameterValue, ParetoSpec } from '../results/study-document.js';
import { DEFAULTS } from '../session/defaults.js';
import type { RunOptions } from '../session/run.js';
import { toolIdentity } from '../session/tool-identity.js';
import { resolveStrategies, splitSpec } from '../strategies/spec.js';
import { type StrategyCode, strategyCode } from '../strategies/user/code/strategy-code.js';
import { isStrategyFile } from '../strategies/user/load-user-strategy.js';
import { loadTopology } from '../topology/load.js';
import { parseDurationNs } from '../trace/duration.js';
import { UsageError } from '../trace/errors.js';
import { AXES, type AxisValue, axisValues, parameterValue, parameterValues, SET_AFTER } from './axes.js';
import { InputFiles } from './input-files.js';
import type { StudyFile } from './schema.js';
import type { Study } from './study.js';

/** One replay of the sweep. */
export interface SweepPoint {
  /** Place in the study, from 0. */
  readonly index: number;
  /** SHA-256 of all that decides the result. */
  readonly id: string;
  readonly at: Coordinates;
  /** The trace as this process can open it. */
  readonly trace: string;
  readonly options: RunOptions;
  /** The code of a strategy that comes from a file, as it stood when the sweep was planned. */
  readonly code?: StrategyCode | undefined;
}

/** True if all that decides the result is in the identity: what was kept under it is the result. */
export function isReusable({ code }: SweepPoint): boolean {
  return code === undefined || code.notCovered.length === 0;
}

/** All points of a study, in order: the trace changes slowest, the strategy fastest. */
export interface SweepPlan {
  /** Name of the study file. */
  readonly file: string;
  /** SHA-256 of the points' IDs and of how fronts are drawn. */
  readonly id: string;
  readonly points: readonly SweepPoint[];
  readonly traces: readonly { readonly trace: string; readonly sha256: string }[];
  /** The files that the identities were read from, but for code, which every thread checks by its content. */
  readonly inputs: InputFiles;
  readonly pareto: ParetoSpec;
}

/**
 * Expand `study`; every trace is read once, for its digest.
 * @throws UsageError for a point that occurs twice, a trace that cannot be read; the reason of `signal` if it is aborted
 */
export async function planSweep(study: Study, signal?: AbortSignal): Promise<SweepPlan> {
  const { content, file } = study;
  const positions = expand(content);
  const inputs = new InputFiles();
  const base = baseOptions(study);
  for (const { trace, profile } of positions) {
    for (const path of filesOf(study.resolve(trace), { ...base, profile: study.resolveProfile(profile) }))
      inputs.note(path);
  }
  const digests = new Map<string, string>();
  for (const { trace } of positions) {
    signal?.throwIfAborted();
    if (!digests.has(trace)) digests.set(trace, await digestOf(study.resolve(trace)));
  }
  requireSingleTrace([...digests.keys()], content.replay?.with);
  const joined = base.with === undefined ? null : [basename(base.with), await digestOf(base.with)];
  const identity = new Identity(study, digests, joined);
  const seen = new Map<string, Coordinates>();
  const points = positions.map((at, index): SweepPoint => {
    const options = optionsAt(at, base, study);
    const { id, meaning, code } = identity.of(at, options);
    const twin = seen.get(meaning);
    if (twin !== undefined) {
      throw new UsageError(`${file}: expected every point once, found ${describe(at)} and ${describe(twin)}`);
    }
    seen.set(meaning, at);
    return { index, id, at, trace: study.resolve(at.trace), options, ...(code === undefined ? {} : { code }) };
  });
  const { latency = 'mean_ns', over = ['strategy', 'atc'], objectives } = content.pareto ?? {};
  // Only where they are asked for: without them a study is called as it always was.
  const named = objectives?.map((name) => metricCalled(name).metric);
  const pareto = { latency, ...(named === undefined ? {} : { objectives: named }), over };
  return {
    file,
    id: sha256(JSON.stringify({ points: points.map(({ id }) => id), pareto })),
    points,
    inputs,
    traces: [...digests].map(([trace, digest]) => ({ trace, sha256: digest })),
    pareto,
  };
}

/** The files that a point on `trace` with these options is read from; a built-in profile is none. */
export function filesOf(trace: string, { profile, topology, with: joined }: RunOptions): string[] {
  return [trace, profile, topology, joined].filter((path) => path !== undefined);
}

/** A point in words: `trace=a.log profile=p … strategy=s`. */
export function describe(at: Coordinates): string {
  const { set, ...axes } = at;
  return Object.entries({ ...axes, ...set })
    .map(([axis, value]) => `${axis}=${String(value)}`)
    .join(' ');
}

/** Coordinates of every point in order. */
function expand(study: StudyFile): Coordinates[] {
  return (study.points ?? [{}]).flatMap((listed) => {
    let partial: { axes: Record<string, AxisValue>; set: Record<string, ParameterValue> }[] = [{ axes: {}, set: {} }];
    for (const [index, axis] of AXES.entries()) {
      const fixed = listed[axis.name];
      const values = fixed === undefined ? axisValues(axis, study) : [fixed];
      partial = partial.flatMap(({ axes, set }) =>
        values.map((value) => ({ set, axes: value === undefined ? axes : { ...axes, [axis.name]: value } })),
      );
      if (index !== SET_AFTER) continue;
      for (const [key, values] of Object.entries(parametersOf(study, listed.set ?? {}))) {
        partial = partial.flatMap(({ axes, set }) => values.map((value) => ({ axes, set: { ...set, [key]: value } })));
      }
    }
    return partial.map(({ axes, set }) => {
      const { trace, profile, ...rest } = axes;
      return { trace: String(trace), profile: String(profile), set, ...rest } as unknown as Coordinates;
    });
  });
}

/** Values of every parameter: those of the study, and what a listed point says instead or besides. */
function parametersOf(
  study: StudyFile,
  listed: Readonly<Record<string, ParameterValue>>,
): Readonly<Record<string, readonly ParameterValue[]>> {
  const ofStudy = Object.entries(study.set ?? {}).map(([key, values]) => [key, parameterValues(values)]);
  const ofPoint = Object.entries(listed).map(([key, value]) => [key, [parameterValue(value)]]);
  return { ...Object.fromEntries(ofStudy), ...Object.fromEntries(ofPoint) };
}

/** What is the same at every point. */
function baseOptions({ content, resolve }: Study): RunOptions {
  const { replay = {} } = content;
  return {
    strategies: [],
    profile: DEFAULTS.profile,
    set: [],
    atc: [],
    pacing: DEFAULTS.pacing,
    dma: DEFAULTS.dma,
    warmup: replay.warmup ?? DEFAULTS.warmup,
    limit: replay.limit,
    seed: DEFAULTS.seed,
    msi: replay.msi ?? DEFAULTS.msi,
    safety: replay.safety ?? DEFAULTS.safety,
    topology: replay.topology === undefined ? undefined : resolve(replay.topology),
    vms: DEFAULTS.vms,
    vmShiftNs: parseDurationNs(replay['vm-shift'] ?? DEFAULTS.vmShift, '--vm-shift'),
    backgroundPerS: replay.background ?? DEFAULTS.background,
    faults: replay.fault ?? [],
    lenient: replay.lenient ?? DEFAULTS.lenient,
    format: replay.format,
    csvMap: replay['csv-map'] === undefined ? undefined : parseColumnMap(replay['csv-map']),
    ftraceEvents: replay['ftrace-events'],
    with: replay.with === undefined ? undefined : resolve(replay.with),
  };
}

function optionsAt(at: Coordinates, base: RunOptions, study: Study): RunOptions {
  let options: RunOptions = { ...base, set: Object.entries(at.set).map(([key, value]) => `${key}=${value}`) };
  for (const axis of AXES) {
    const value = at[axis.name];
    if (value !== undefined) options = { ...options, ...axis.options(value as AxisValue) };
  }
  return {
    ...options,
    profile: study.resolveProfile(options.profile),
    strategies: options.strategies.map((spec) => study.resolveStrategy(spec)),
  };
}

/** What says a point. */
interface PointIdentity {
  readonly id: string;
  /** The same for points that have the same result in another spelling, as far as can be told. */
  readonly meaning: string;
  readonly code: StrategyCode | undefined;
}

/** A strategy as part of an identity. */
interface StrategyIdentity {
  /** What decides its result. */
  readonly decides: unknown;
  /** What it is by name, however it is spelt. */
  readonly means: unknown;
  readonly code?: StrategyCode;
}

/**
 * Identities of points; what several points share is digested once.
 *
 * Node's own version is no part of them, with two exceptions. A replay computes with integers, products, quotients and square
 * roots, which ECMAScript defines to the last bit. The host's own invalidations (`background`) take a logarithm, which each
 * version of V8 may round its own way; and code of the user's own sees all of Node.
 */
class Identity {
  private readonly profiles = new Map<string, string>();
  private readonly strategies = new Map<string, StrategyIdentity>();
  private readonly topology: unknown;
  private readonly tool = toolIdentity();

  constructor(
    private readonly study: Study,
    private readonly traces: ReadonlyMap<string, string>,
    private readonly joined: readonly string[] | null,
  ) {
    const topology = study.content.replay?.topology;
    const declared = topology === undefined ? undefined : loadTopology(study.resolve(topology));
    this.topology = declared === undefined ? null : [declared.file, declared.sha256];
  }

  of({ trace }: Coordinates, options: RunOptions): PointIdentity {
    const { profile, strategies, atc, topology: _path, with: _with, csvMap, transforms, ...rest } = options;
    const { decides, means, code } = this.strategy(strategies[0], atc);
    const parts = {
      tool: this.tool,
      engine: (options.backgroundPerS ?? 0) > 0 ? process.versions.v8 : null,
      // A result names its trace without the folder, and is the same in any folder.
      trace: [basename(trace), this.traces.get(trace)],
      profile: this.profileDigest(profile),
      topology: this.topology,
      joined: this.joined,
      csvMap: csvMap === undefined ? null : [...csvMap],
      transforms: transformSettings(transforms ?? {}),
      ...rest,
      limit: options.limit ?? null,
      format: options.format ?? null,
      ftraceEvents: options.ftraceEvents ?? null,
    };
    const id = sha256(JSON.stringify({ ...parts, strategy: decides }));
    const meaning = means === decides ? id : sha256(JSON.stringify({ ...parts, strategy: means }));
    return { id, meaning, code };
  }

  private profileDigest(path: string): string {
    const known = this.profiles.get(path);
    if (known !== undefined) return known;
    const { name, title, parameters } = loadProfile(path);
    // No result depends on the ranges that values may have.
    const deciding = parameters.map(({ range: _range, ...rest }) => rest);
    const digest = sha256(JSON.stringify([name, title, deciding]));
    this.profiles.set(path, digest);
    return digest;
  }

  private strategy(spec: string, atc: readonly string[]): StrategyIdentity {
    const key = `${spec} ${atc.join()}`;
    const known = this.strategies.get(key) ?? this.identify(spec, atc);
    this.strategies.set(key, known);
    return known;
  }

  private identify(spec: string, atc: readonly string[]): StrategyIdentity {
    const { nameOrFile, assignments } = splitSpec(spec);
    const isFile = isStrategyFile(nameOrFile);
    const [choice] = isFile && !this.study.runsCode ? [] : resolveStrategies([spec], atc);
    const named = choice && [choice.canonicalName, choice.targeting.name];
    if (!isFile) return { decides: named, means: named };
    // What the options mean is known only to the code, which may not have been run: they count as they are spelt.
    const code = choice?.module ?? strategyCode(nameOrFile);
    const decides = [basename(nameOrFile), [...assignments].sort(), atc, code.digest, process.version];
    return { decides, means: named === undefined ? decides : [...named, code.digest], code };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new UsageError(`${path}: expected a readable trace file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  return hash.digest('hex');
}
