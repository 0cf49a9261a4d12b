/** Documents of the listing commands: what `strategies`, `profiles`, their `show` and `workloads` hand to a reporter. */

export const STRATEGIES_SCHEMA = 'smmuscope.strategies/1';
export const STRATEGY_SCHEMA = 'smmuscope.strategy/1';
export const WORKLOADS_SCHEMA = 'smmuscope.workloads/1';
export const PROFILES_SCHEMA = 'smmuscope.profiles/1';
export const PROFILE_SCHEMA = 'smmuscope.profile/1';

/** One option of a strategy, written `NAME:key=value`, or one parameter of a workload. */
interface StrategyOptionListing {
  readonly key: string;
  /** What the value may be: the choices separated by `|`, or a range such as `1..128`. */
  readonly values: string;
  readonly default: string;
  readonly help: string;
}

/** One strategy. */
interface StrategyListing {
  readonly name: string;
  readonly summary: string;
  readonly default_atc: string;
  readonly options: readonly StrategyOptionListing[];
}

/** All strategies, in the registry's order. */
export interface StrategiesDocument {
  readonly schema: typeof STRATEGIES_SCHEMA;
  readonly strategies: readonly StrategyListing[];
}

/** All workloads of `generate`, in the registry's order. */
export interface WorkloadsDocument {
  readonly schema: typeof WORKLOADS_SCHEMA;
  readonly workloads: readonly {
    readonly name: string;
    readonly summary: string;
    readonly parameters: readonly StrategyOptionListing[];
  }[];
}

/** One strategy explained: where the time of n TLBI_NH_VA and one CMD_SYNC of one vCPU goes on an idle machine. */
export interface StrategyDocument {
  readonly schema: typeof STRATEGY_SCHEMA;
  /** Canonical name. */
  readonly strategy: string;
  readonly summary: string;
  readonly atc: string;
  readonly profile: string;
  /** The sizes n that are explained. */
  readonly submissions: readonly {
    /** n, the CMD_SYNC not counted. */
    readonly commands: number;
    /** PROD write → the guest sees its SYNC done. */
    readonly total_ns: number;
    /** Part of the time, waits left out, that rests on parameters tagged as estimates. */
    readonly estimate_share: number;
    readonly exits: number;
    readonly ioctls: number;
    /** Commands that the SMMU executes, SYNCs included. */
    readonly host_commands: number;
    readonly added_syncs: number;
  }[];
  /** Steps in path order; the ns of each size sum to its total. */
  readonly steps: readonly StrategyStepListing[];
}

/** One step of a path. */
interface StrategyStepListing {
  /** A stage of `latency.breakdown_ns`. */
  readonly stage: string;
  /** Profile parameter; null for a wait. */
  readonly parameter: string | null;
  readonly tag: string | null;
  readonly source: string | null;
  readonly help: string | null;
  readonly each_ns: number;
  /** How often, and for how long, in the submissions in their order. */
  readonly times: readonly number[];
  readonly ns: readonly number[];
}

/** All built-in profiles, default first. */
export interface ProfilesDocument {
  readonly schema: typeof PROFILES_SCHEMA;
  readonly profiles: readonly {
    readonly name: string;
    readonly title: string;
    readonly parameters: number;
    /** How many of the parameters are estimates (tag E). */
    readonly estimates: number;
    readonly default: boolean;
  }[];
}

/** One parameter with where its value comes from. */
export interface ParameterListing {
  readonly key: string;
  readonly value: number | string | boolean;
  readonly unit: string;
  /** V read at the source, D derived, R recalled, E estimate, U set by the user, C calibrated. */
  readonly tag: string;
  readonly source: string;
  readonly help: string;
  readonly overridden: boolean;
}

/** One profile in full. */
export interface ProfileDocument {
  readonly schema: typeof PROFILE_SCHEMA;
  readonly name: string;
  readonly title: string;
  readonly parameters: readonly ParameterListing[];
}
