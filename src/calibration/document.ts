/**
 * The document `smmuscope.calibration/1`: what was fitted to what, and how well it predicts what it was not fitted to.
 */
import type { PredictionError, ResidualSlice, ShapeResidual } from './prediction-error.js';
import type { LeftOut } from './recorded-latencies.js';

/** Version tag. */
export const CALIBRATION_SCHEMA = 'smmuscope.calibration/1';

/** One fitted parameter. */
export interface FittedParameter {
  readonly key: string;
  /** Value of the profile before the fit, and after it. */
  readonly start_ns: number;
  readonly value_ns: number;
  /** `at-bound`: fixed at the bound that the fit wanted to pass; `undetermined`: kept, as the data say nothing about it. */
  readonly status: 'fitted' | 'at-bound' | 'undetermined';
  /** Null unless `fitted`; holds with every other parameter as this document says. */
  readonly interval_95_ns: readonly [number, number] | null;
  /** Why it is undetermined; null otherwise. */
  readonly reason: string | null;
}

/** One file of measurements. */
export interface MeasuredFile {
  readonly file: string;
  readonly sha256: string;
  /** Reader of a trace, or `points`. */
  readonly format: string;
  readonly measurements: number;
  /** The recording joined with it that gave the latencies; null if it did itself. */
  readonly latencies_from?: string | null | undefined;
  /** The recorder wrote while the guest waited: the latencies hold the recording itself (every run that QEMU logged). */
  readonly includes_tracing?: boolean | undefined;
  /** Submissions of a trace that are no measurements; null for points. */
  readonly left_out: LeftOut | null;
}

/** Measurements that are predicted, and how well. */
export interface EvaluatedPart {
  /** `fit` (what was fitted), `holdout` (the rest of the same file) or `predict` (another file). */
  readonly part: 'fit' | 'holdout' | 'predict';
  readonly file: string;
  readonly errors: readonly PredictionError[];
  /** By shape of submission. */
  readonly residuals: readonly ShapeResidual[];
  /** In the order in which they were measured. */
  readonly residuals_in_order: readonly ResidualSlice[];
}

/** The whole document. */
export interface CalibrationDocument {
  readonly schema: typeof CALIBRATION_SCHEMA;
  readonly provenance: {
    readonly tool: { readonly name: string; readonly version: string; readonly build?: string };
    readonly profile: { readonly name: string; readonly title: string; readonly overrides: readonly string[] };
    readonly measured: readonly MeasuredFile[];
    readonly fit_share: number;
    readonly split: string;
    readonly centre: string;
  };
  readonly parameters: readonly FittedParameter[];
  readonly parts: readonly EvaluatedPart[];
}
