/**
 * The document `smmuscope.study-result/2`: what `sweep` and `merge` hand to every reporter. It has no time, host name or
 * path of the machine: the same study gives the same bytes, however many jobs or shards it was run in.
 */
import type { ResultDocument } from './document.js';

/** Version tag of this document. */
export const STUDY_RESULT_SCHEMA = 'smmuscope.study-result/2';

/** Where a point lies: one value per axis that the study has, as the study writes it. */
export interface Coordinates {
  readonly trace: string;
  readonly profile: string;
  /** Varied parameters. */
  readonly set: Readonly<Record<string, string>>;
  readonly strategy: string;
  readonly [axis: string]: string | number | Readonly<Record<string, string>>;
}

/** Why a point has no result. */
interface PointError {
  /** What `replay` with the same options would have ended with (design §9). */
  readonly exit_code: number;
  readonly message: string;
}

/** One point, finished or failed. */
export interface StudyPoint {
  /** Place in the study, from 0. */
  readonly index: number;
  /** SHA-256 of everything that decides the result: trace, strategy, profile, options, version of the tool. */
  readonly id: string;
  readonly at: Coordinates;
  /**
   * What `replay --json` with the same options prints, without `main_tlb_over_time` and `slowest_operations`; null if it
   * failed. It may be made anew each time that it is read.
   */
  readonly result: ResultDocument | null;
  readonly error?: PointError;
}

/** Points that no other point of their group beats in both. */
export interface ParetoFront {
  /** The axes that all points of the group share. */
  readonly at: Readonly<Record<string, unknown>>;
  /** By latency, lowest first. */
  readonly points: readonly {
    readonly index: number;
    readonly latency_ns: number;
    readonly host_cpu_ns_per_operation: number;
  }[];
}

/** How fronts are drawn. */
export interface ParetoSpec {
  /** Statistic of `latency.operation`. */
  readonly latency: string;
  /** Axes between whose values a front decides. */
  readonly over: readonly string[];
}

/** The whole document. */
export interface StudyDocument {
  readonly schema: typeof STUDY_RESULT_SCHEMA;
  readonly provenance: {
    readonly tool: { readonly name: string; readonly version: string; readonly build?: string };
    readonly study: {
      /** Name of the file, without its folder. */
      readonly file: string;
      /** SHA-256 of the list of point IDs and of `pareto`: shards merge if they agree in it. */
      readonly id: string;
      readonly points: number;
    };
    /** One entry per trace, in the order of the study; `trace` as the study writes it. */
    readonly traces: readonly { readonly trace: string; readonly sha256: string }[];
  };
  /** Which part this is; absent: all of it. Shards are numbered from 1. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly failed: number;
  readonly points: readonly StudyPoint[];
  /** A shard has no fronts: they need every point. */
  readonly pareto: ParetoSpec & { readonly fronts: readonly ParetoFront[] | null };
}
