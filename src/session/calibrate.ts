/**
 * Calibration: measured files → fitted parameters, their errors, and the profile that holds them.
 */
import { type Centre, centresOf } from '../calibration/centres.js';
import type { CalibrationDocument, EvaluatedPart, LackOfFitResult, MeasuredFile } from '../calibration/document.js';
import { type FittedValue, fitPath } from '../calibration/fit.js';
import { CHARGED, checkKeys, defaultKeys } from '../calibration/identifiability.js';
import type { LackOfFit } from '../calibration/lack-of-fit.js';
import { type Measurement, predictNs, type Shape, Shapes } from '../calibration/measurement.js';
import { PathModel } from '../calibration/path-model.js';
import { readPoints } from '../calibration/points-csv.js';
import { predictionErrors, residualsInOrder, shapeResiduals } from '../calibration/prediction-error.js';
import { RecordedLatencies } from '../calibration/recorded-latencies.js';
import { effectsOf, inseparable } from '../calibration/separation.js';
import { type Split, splitMeasurements } from '../calibration/split.js';
import { openRecording } from '../formats/open-recording.js';
import { unpack } from '../formats/packing/unpack.js';
import { openSource } from '../formats/source.js';
import { type LoadedProfile, loadProfile } from '../profiles/load.js';
import { profileText } from '../profiles/write.js';
import { CALIBRATION_SCHEMA } from '../results/declaration/tags.js';
import { resolveStrategies, type StrategyChoice } from '../strategies/spec.js';
import { TraceFormatError, UsageError } from '../trace/errors.js';
import { limited } from './limit.js';
import type { RunHooks } from './run-options.js';
import { toolIdentity } from './tool-identity.js';
import { traceName } from './trace-provenance.js';

/** Everything that decides a calibration. */
export interface CalibrationOptions {
  readonly profile: string;
  readonly set: readonly string[];
  /** The strategy whose path the traces were recorded on; undefined: the files hold points that name theirs. */
  readonly strategy: string | undefined;
  /** Points may name strategies by files, whose code then runs. */
  readonly allowsCode?: boolean;
  /** Keys to fit; empty: as many as the measurements can tell apart, two at most. */
  readonly fit: readonly string[];
  /** Files that are only predicted. */
  readonly predict: readonly string[];
  /** Part of the measurements that is fitted, above 0 and at most 1. */
  readonly share: number;
  readonly split: Split;
  readonly centre: Centre;
  readonly lenient: boolean;
  readonly format: string | undefined;
  readonly limit: number | undefined;
  readonly ftraceEvents?: string | undefined;
  /** Another recording of the run in the first file: the one without translations, the guest's own, gives the latencies. */
  readonly with?: string | undefined;
}

/** A calibration and the text of its profile. */
export interface Calibration {
  readonly document: CalibrationDocument;
  readonly profileYaml: string;
}

/** By default one parameter for what a submission costs and one for what a command costs. */
const DEFAULT_PARAMETERS = 2;

interface Measured {
  readonly file: MeasuredFile;
  readonly measurements: readonly Measurement[];
}

/**
 * Fit parameters to a part of the measurements in `path` and predict the rest.
 * @throws UsageError for parameters that cannot be fitted
 * @throws TraceFormatError for a file without enough measurements
 */
export async function calibrate(path: string, options: CalibrationOptions, hooks: RunHooks = {}): Promise<Calibration> {
  const profile = loadProfile(options.profile, options.set);
  const choice = options.strategy === undefined ? undefined : resolveStrategies([options.strategy])[0];
  checkKeys(options.fit, profile);
  const shapes = new Shapes(profile);
  const measured = await measure(path, choice, shapes, options, hooks, options.with);
  const parts = splitMeasurements(measured.measurements, shapes, options.share, options.split);
  const fittedShapes = centresOf(parts.fit, options.centre);
  const seen = fittedShapes.map(({ shape }) => shapes.all[shape]);
  const typicalNs = fittedShapes.map(({ ns }) => ns);
  const keys =
    options.fit.length > 0
      ? options.fit
      : defaultKeys(effectsOf(seen, profile, CHARGED, typicalNs), profile, DEFAULT_PARAMETERS);
  requireEnough(path, parts.fit, keys.length);
  const model = new PathModel(shapes.all, profile, keys);
  const { values: fit, lack } = fitPath(model, parts.fit, options.centre, choice !== undefined);
  requireDetermined(keys, fit);
  const predicted: Measured[] = [];
  for (const other of options.predict) predicted.push(await measure(other, choice, shapes, options, hooks));

  const calibrated = calibratedProfile(profile, keys, fit, measured.file, parts.fit, options);
  const predictedNs = shapes.all.map((shape) => predictNs(shape, calibrated));
  const evaluate = (part: EvaluatedPart['part'], file: string, measurements: readonly Measurement[]) => ({
    part,
    file,
    errors: predictionErrors(measurements, shapes.all, predictedNs),
    residuals: shapeResiduals(measurements, shapes.all, predictedNs),
    residuals_in_order: residualsInOrder(measurements, predictedNs),
  });
  const document: CalibrationDocument = {
    schema: CALIBRATION_SCHEMA,
    provenance: {
      tool: toolIdentity(),
      profile: { name: profile.name, title: profile.title, overrides: options.set },
      measured: [measured, ...predicted].map(({ file }) => file),
      fit_share: options.share,
      split: options.split,
      centre: options.centre,
    },
    parameters: keys.map((key, at) => ({
      key,
      start_ns: profile.number(key),
      value_ns: fit[at].valueNs,
      status: fit[at].status,
      interval_95_ns: fit[at].intervalNs ?? null,
      reason: fit[at].reason ?? null,
      start_tag: profile.parameter(key).tag,
      start_source: profile.parameter(key).source,
    })),
    lack_of_fit: lackResult(lack, shapes.all),
    inseparable: inseparable(
      seen,
      typicalNs,
      profile,
      keys,
      fit.map(({ status }) => status !== 'undetermined'),
    ).map(({ key, from, measure }) => ({
      parameter: key,
      from,
      measure: measure === undefined ? null : { strategy: measure.strategy, operation: measure.label },
    })),
    parts: [
      evaluate('fit', measured.file.file, parts.fit),
      ...(parts.rest.length === 0 ? [] : [evaluate('holdout', measured.file.file, parts.rest)]),
      ...predicted.map(({ file, measurements }) => evaluate('predict', file.file, measurements)),
    ],
  };
  const changed = keys.filter((_, at) => fit[at].status !== 'undetermined');
  const source = `smmuscope calibrate: profile ${profile.name} with ${changed.join(', ')} fitted to ${measured.file.file}`;
  return { document, profileYaml: profileText(calibrated, source) };
}

function lackResult({ verdict, scatter, p, misfits }: LackOfFit, shapes: readonly Shape[]): LackOfFitResult {
  return {
    verdict,
    scatter: scatter ?? null,
    p: p ?? null,
    misfits: misfits.map(({ shape, standardErrors }) => ({
      strategy: shapes[shape].choice.canonicalName,
      shape: shapes[shape].label,
      standard_errors: standardErrors,
    })),
  };
}

/** A fit needs more measurements than parameters, or nothing is left to say how good it is. */
function requireEnough(path: string, measurements: readonly Measurement[], parameters: number): void {
  if (measurements.length > parameters) return;
  const expected = `at least ${parameters + 1} measurements in the part that is fitted, for ${parameters} ${parameters === 1 ? 'parameter' : 'parameters'}`;
  throw new TraceFormatError(traceName(path), 0, expected, String(measurements.length));
}

/** A calibration that leaves every parameter as it was is none. */
function requireDetermined(keys: readonly string[], fit: readonly FittedValue[]): void {
  if (fit.some(({ status }) => status !== 'undetermined')) return;
  const why = keys.map((key, at) => `${key} (${fit[at].reason})`).join(', ');
  throw new UsageError(`--fit: expected a parameter that the measurements can determine, found ${why}`);
}

async function measure(
  path: string,
  choice: StrategyChoice | undefined,
  shapes: Shapes,
  options: CalibrationOptions,
  hooks: RunHooks,
  second?: string,
): Promise<Measured> {
  const measured =
    choice === undefined
      ? await measurePoints(path, shapes, options.allowsCode === true)
      : await measureTrace(path, choice, shapes, options, hooks, second);
  if (measured.measurements.length > 0) return measured;
  const expected = choice === undefined ? 'at least one measured point' : 'submissions with a recorded completion';
  throw new TraceFormatError(measured.file.file, 0, expected, 'none');
}

async function measurePoints(path: string, shapes: Shapes, allowsCode: boolean): Promise<Measured> {
  const source = await openSource(path, {});
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await unpack(source.chunks, source.name)).chunks) chunks.push(chunk);
    const measurements = readPoints(Buffer.concat(chunks).toString('utf8'), traceName(path), shapes, allowsCode);
    const count = measurements.reduce((sum, measurement) => sum + measurement.count, 0);
    const file = {
      file: traceName(path),
      sha256: source.sha256(),
      format: 'points',
      measurements: count,
      latencies_from: null,
      includes_tracing: false,
      left_out: null,
    };
    return { file, measurements };
  } finally {
    source.close();
  }
}

async function measureTrace(
  path: string,
  choice: StrategyChoice,
  shapes: Shapes,
  options: CalibrationOptions,
  hooks: RunHooks,
  second: string | undefined,
): Promise<Measured> {
  const { format, lenient, ftraceEvents } = options;
  const trace = await openRecording(path, { format, lenient, ftraceEvents, with: second });
  const latencies = new RecordedLatencies(choice, shapes);
  let events = 0;
  try {
    for await (const batch of limited(trace.batches, options.limit)) {
      latencies.consume(batch);
      events += batch.count;
      hooks.onProgress?.(trace.bytesRead(), trace.totalBytes, events);
    }
  } finally {
    await trace.batches.return(undefined);
  }
  latencies.finish();
  const { measurements, leftOut } = latencies;
  if (trace.statistics.timeBase === 'order-only') {
    throw new TraceFormatError(traceName(path), 0, 'a recording with a clock', 'one whose times mean order only');
  }
  const file = {
    file: traceName(path),
    sha256: trace.sha256(),
    format: trace.statistics.format,
    measurements: measurements.length,
    latencies_from: trace.join?.report()?.commands_from ?? null,
    includes_tracing: trace.statistics.isTracedInside,
    left_out: leftOut,
  };
  return { file, measurements };
}

/** The profile with what was fitted in it, each value with where it comes from. */
function calibratedProfile(
  profile: LoadedProfile,
  keys: readonly string[],
  fit: readonly FittedValue[],
  file: MeasuredFile,
  fitted: readonly Measurement[],
  options: CalibrationOptions,
): LoadedProfile {
  const count = fitted.reduce((sum, measurement) => sum + measurement.count, 0);
  const on = options.strategy === undefined ? '' : `, path of ${options.strategy}`;
  const data = `calibrated: fitted to the ${options.centre} latencies of ${count} of ${file.measurements} submissions in ${file.file} (SHA-256 ${file.sha256})${on}${file.includes_tracing ? ', latencies with the tracing itself' : ''}`;
  const changes = keys.flatMap((key, at) => {
    const { valueNs, status, intervalNs } = fit[at];
    if (status === 'undetermined') return [];
    const found =
      status === 'at-bound'
        ? 'at its bound: the measurements ask for a value beyond it'
        : intervalNs === undefined
          ? 'too few measurements for an interval'
          : `95 % interval ${intervalNs[0]} to ${intervalNs[1]} ns`;
    return [
      [key, { value: valueNs, tag: 'C', source: `${data}; ${found}`, range: undefined, overridden: false }] as const,
    ];
  });
  const title = `${profile.title}, calibrated to ${file.file}`;
  return profile.withValues(new Map(changes), `${profile.name}-calibrated`, title);
}
