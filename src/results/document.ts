/**
 * The result document `smmuscope.result/2` (design §8): what `replay` and `compare` hand to every reporter.
 *
 * Keys are snake_case with the unit in the name; they are the contract with scripts: within a version they are only added to.
 * Version 2 made the operation the unit of latency; version 1 had the submission alone.
 * No wall-clock time, host name or path of the machine is in it: the same input gives the same bytes.
 */

import type { JoinReport } from '../formats/join/report.js';
import type { ReaderReport } from '../formats/reader-report.js';
import type { SlowOperation } from '../metrics/slowest-operations.js';
import type { Distribution } from '../numbers/latency-recorder.js';
import type { CurveResult } from './declaration/curve.js';
import type { GatesResult } from './declaration/gates.js';
import type { StatisticsResult } from './declaration/statistics.js';
import type { MigrationResult } from './migration-result.js';

export type { JoinReport, ReaderReport };

/** Distribution of a latency in integer ns (the mean apart). */
export type LatencySummary = Distribution;

/** Version tag of this document. */
export const RESULT_SCHEMA = 'smmuscope.result/2';

/** Commands in and out (facts M §5.2 O2–O7, L §5.5). */
export interface AmplificationResult {
  /** Commands the guest published, SYNCs included. */
  readonly guest_commands: number;
  /** Commands the physical SMMU executed for them, SYNCs included. */
  readonly host_commands: number;
  readonly host_per_guest: number;
  /** CMD_SYNCs that the host inserted (the guest's own are not forwarded on trapped paths). */
  readonly added_syncs: number;
  /** Traps by the guest, to user space and to the host kernel. */
  readonly exits: number;
  readonly exits_by_cause: Readonly<Record<string, number>>;
  /** Invalidation ioctls: what the closed forms count (facts M §5.2 O2). */
  readonly ioctls: number;
  /** System calls of the VMM to allocate, attach and destroy the HWPTs of the guest's streams. */
  readonly hwpt_ioctls: Readonly<Record<'alloc' | 'attach' | 'destroy', number>>;
  /** PCIe ATS invalidate messages. */
  readonly pcie_invalidations: number;
  readonly guest_by_opcode: Readonly<Record<string, number>>;
  readonly host_by_opcode: Readonly<Record<string, number>>;
  /** Guest commands that never reach the physical SMMU as themselves, by opcode. */
  readonly not_forwarded_by_opcode: Readonly<Record<string, number>>;
  /** host_commands = guest_commands − Σ not_forwarded_by_opcode + Σ extra_by_cause. */
  readonly extra_by_cause: Readonly<Record<string, number>>;
}

/** One cache structure. lookups = hits + misses; fills − evictions − invalidated = occupancy. */
export interface CacheResult {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly miss_ratio: number;
  readonly fills: number;
  readonly evictions: number;
  readonly invalidated: number;
  readonly occupancy: number;
  readonly [extra: string]: unknown;
}

/** The main TLB in at most 256 bins of trace time; the last one may be cut short by the end of the trace. */
export interface MainTlbOverTime {
  /** Start of the first bin, and width of all, ns. */
  readonly start_ns: number;
  readonly bin_ns: number;
  readonly lookups: readonly number[];
  readonly misses_by_cause: Readonly<Record<string, readonly number[]>>;
}

/** Predictions compared with a recording. */
export interface OracleAgreement {
  readonly compared: number;
  readonly hits: number;
  readonly misses: number;
  readonly mismatches: number;
  /** The first mismatches, with line numbers. */
  readonly first: readonly unknown[];
}

/** Kinds of caveats. */
export const CAVEATS = [
  'several-prod-writes',
  'unfinished',
  'without-work',
  'swallowed-commands',
  'errors-in-trace',
  'passed-over',
  'recorded-vmids',
] as const;

/** What a reader must know beside the latencies, or would take them for something else (see caveats.ts). */
export interface Caveat {
  readonly about: (typeof CAVEATS)[number];
  /** A sentence with its numbers, without a full stop. */
  readonly text: string;
}

/** Results of one strategy on one trace. */
export interface StrategyResult {
  /** Base name of the trace file (several traces in one compare). */
  readonly trace: string;
  /** Canonical name with non-default options in sorted order. */
  readonly strategy: string;
  /** ATC targeting: broadcast | vsid | implicit. */
  readonly atc: string;
  readonly latency: {
    /** Time for which the path holds a vCPU from its first PROD write to its SYNC seen done: the headline (design §6). */
    readonly operation: LatencySummary;
    /** The same by the clock: the guest's own work between its PROD writes included. */
    readonly operation_span: LatencySummary;
    /** The PROD write that holds a SYNC → the guest sees it done. */
    readonly submission: LatencySummary;
    /** Published → in effect, per command other than SYNC. */
    readonly command: LatencySummary;
    /** Unloaded latency of the devices' translations. */
    readonly translation: LatencySummary;
    /** Mean ns per operation by stage; sums to operation.mean_ns. */
    readonly breakdown_ns: Readonly<Record<string, number>>;
    /** The same as integer totals over all operations: they sum to the total exactly. */
    readonly breakdown_total_ns: Readonly<Record<string, number>>;
    /** Part of the operations' time, waits left out, that rests on parameters tagged as estimates. */
    readonly estimate_share: number;
  };
  /** Operations that no SYNC of the trace ends: counted, not averaged. */
  readonly operations_unfinished: number;
  /** Empty for most results; every report shows them. */
  readonly caveats: readonly Caveat[];
  readonly guest: {
    /** Of each publication. */
    readonly stall_ns: LatencySummary;
    /** Their sum: that of all operations, and of the unfinished ones. */
    readonly stall_total_ns: number;
    readonly stall_unfinished_ns: number;
    /** Interrupts off on a vCPU, per issue of a command list; null where the guest's own insertion is not modelled. */
    readonly irq_off_ns: LatencySummary | null;
  };
  readonly amplification: AmplificationResult;
  /** What one unmap costs; null where the guest unmaps nothing. */
  readonly per_unmap: {
    readonly unmaps: number;
    /** Unmap events of the trace; without any, operations that invalidate a TLB (a flush counts as one unmap). */
    readonly counted_from: 'unmap-events' | 'tlbis';
    readonly ns: number;
    readonly host_commands: number;
    readonly exits: number;
  } | null;
  readonly unmaps_per_s: number;
  /** Absent (null) when the trace has no dma events. */
  readonly tlb: (Readonly<Record<string, CacheResult | number | unknown>> & { readonly walk_reads: number }) | null;
  readonly safety: {
    readonly stale_in_window: number;
    readonly stale_after_sync: number;
    readonly first: readonly unknown[];
    /**
     * Possible, not observed: an ATC_INV with no CMD_SYNC between it and the TLBI of its range (see replay/refill-races.ts);
     * absent in earlier results.
     */
    readonly atc_refill_races?: number;
    readonly first_atc_refill_races?: readonly unknown[];
  } | null;
  /** Ordered DMA only. */
  readonly main_tlb_over_time?: MainTlbOverTime;
  /** The slowest first, 16 at most (see metrics/slowest-operations.ts). */
  readonly slowest_operations?: readonly SlowOperation[];
  /** Agreement of the recorder's own outcomes with the exact model of it, when the profile names one. */
  readonly oracle?: {
    readonly recorded: OracleAgreement & {
      /** Predicted misses by cause; only where the recorder itself invalidates more than it is asked to. */
      readonly misses_by_cause?: Readonly<Record<string, number>>;
    };
    readonly config: OracleAgreement;
    /** What the recorder's over-wide invalidations cost: entries taken, lookups that differ, misses without them. */
    readonly quirk?: {
      readonly collateral_entries: number;
      readonly differing_lookups: number;
      readonly misses_without: number;
    };
  };
  /** A replay that changed paths in the middle of the trace only. */
  readonly migration?: MigrationResult;
  readonly host: {
    readonly cpu_ns: Readonly<Record<string, number>>;
    /** Interrupts off on a CPU of the host, per issue of a command list; null without any. */
    readonly irq_off_ns: LatencySummary | null;
    readonly [extra: string]: unknown;
  };
  readonly throughput: {
    readonly duration_ns: number;
    readonly submissions_per_s: number;
    readonly commands_per_s: number;
  };
  /** Several seeds: values of the metrics that differ between them, in the order of the seeds; null: none. */
  readonly by_seed?: Readonly<Record<string, readonly (number | null)[]>>;
  readonly [extra: string]: unknown;
}

/** The whole document. */
export interface ResultDocument {
  readonly schema: typeof RESULT_SCHEMA;
  readonly provenance: {
    /** `build`: SHA-256 of the built tool; absent in documents of earlier versions. */
    readonly tool: { readonly name: string; readonly version: string; readonly build?: string };
    /** One entry per trace, in the order given. */
    readonly traces: readonly {
      readonly file: string;
      readonly sha256: string;
      readonly compression: string;
      readonly reader: ReaderReport;
      /** How the recordings agree, if two were joined. */
      readonly join?: JoinReport;
      readonly events: Readonly<Record<string, number>>;
      readonly topology: Readonly<Record<string, unknown>>;
      /** Guest-side transforms in their order, with what each did to this trace; empty: as recorded. */
      readonly transforms?: readonly Readonly<Record<string, string | number>>[];
    }[];
    readonly profile: Readonly<Record<string, unknown>>;
    readonly pacing: string;
    readonly dma: string;
    /** Number of seeds from `seed` on, if several; `results` are those of the first. */
    readonly seeds?: number;
    /** What the seed decides; empty: nothing. */
    readonly seed_dependents?: readonly string[];
    readonly [extra: string]: unknown;
  };
  readonly results: readonly StrategyResult[];
  /** Misses of a TLB of every size, one entry per trace with translations (`--mrc`, and with the HTML report). */
  readonly miss_ratio_curves?: readonly CurveResult[];
  /** Medians over several seeds or traces. */
  readonly statistics?: StatisticsResult;
  /** Verdicts of the gates (`--gate`). */
  readonly gates?: GatesResult;
}
