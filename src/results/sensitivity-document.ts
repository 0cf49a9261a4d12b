/**
 * The document `smmuscope.sensitivity/2`: how far the ratio of two strategies' mean times of an operation moves when one
 * estimate of the profile is wrong (facts M §6).
 */
import type { ResultDocument } from './document.js';

/** Version tag of this document. */
export const SENSITIVITY_SCHEMA = 'smmuscope.sensitivity/2';

/** One parameter at one other value. */
export interface SensitivityEnd {
  readonly value: number;
  /** Ratio at that value; null if the model refuses it. */
  readonly ratio: number | null;
  /** Why there is no ratio. */
  readonly refused?: string;
}

/** One estimate. */
export interface SensitivityRow {
  readonly key: string;
  readonly unit: string;
  readonly value: number;
  readonly low: SensitivityEnd;
  readonly high: SensitivityEnd;
  /** Largest change of the ratio in either direction, as a share of it. */
  readonly swing: number;
}

/** The whole document. */
export interface SensitivityDocument {
  readonly schema: typeof SENSITIVITY_SCHEMA;
  readonly provenance: {
    readonly tool: { readonly name: string; readonly version: string; readonly build?: string };
    readonly trace: ResultDocument['provenance']['traces'][number];
    readonly profile: string;
    /** How far each estimate is moved, as a share of it. */
    readonly by: number;
  };
  readonly strategy: string;
  readonly baseline: string;
  /** Mean time of an operation of `strategy` ÷ that of `baseline`, with the profile as it is. */
  readonly ratio: number;
  /** Estimates that moved, or could have: the largest swing first, then by name. */
  readonly parameters: readonly SensitivityRow[];
  /** Estimates that are no numbers, or zero, and so have no share of themselves to be moved by. */
  readonly not_varied: readonly string[];
}
