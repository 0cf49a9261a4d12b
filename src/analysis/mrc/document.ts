/**
 * The document `smmuscope.mrc/1`: miss-ratio curves, one per trace.
 */
import type { CurvePoint } from './miss-ratio-curve.js';

/** Version tag. */
export const MRC_SCHEMA = 'smmuscope.mrc/1';

/** What a curve is the curve of. */
export const MRC_MODEL = 'fully associative LRU, entries of any page size, guest commands applied at their doorbell';

/** The curve of one trace. */
export interface MrcResult {
  /** Base name of the trace file. */
  readonly trace: string;
  /** Translations that count. */
  readonly accesses: number;
  /** Those that miss at every size: first uses, and first uses after an invalidation. */
  readonly cold_misses: number;
  /** Size from which only these are left. */
  readonly max_distance: number;
  /** Faulting translations: they miss at every size and fill nothing; not among the accesses. */
  readonly faults: number;
  /** Bypass, abort, SMMU off; not among the accesses. */
  readonly untranslated: number;
  /** Interrupts left out; not among the accesses. */
  readonly msi_left_out: number;
  readonly unpublished_commands: number;
  /** Ascending sizes. */
  readonly points: readonly CurvePoint[];
}

/** The whole document. */
export interface MrcDocument {
  readonly schema: typeof MRC_SCHEMA;
  readonly provenance: {
    readonly tool: { readonly name: string; readonly version: string; readonly build?: string };
    readonly model: string;
    readonly traces: readonly Readonly<Record<string, unknown>>[];
    /** Guest-side transforms in their order; empty: the guest as recorded. */
    readonly transforms: readonly Readonly<Record<string, string | number>>[];
    readonly msi: boolean;
    readonly limit_events: number | null;
    readonly lenient: boolean;
    /** The user's names of CSV columns → ours. */
    readonly csv_map?: Readonly<Record<string, string>>;
  };
  readonly results: readonly MrcResult[];
}
