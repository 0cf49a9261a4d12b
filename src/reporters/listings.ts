/** Documents of the listing commands: what `strategies`, `profiles` and `profiles show` hand to a reporter. */

export const STRATEGIES_SCHEMA = 'smmuscope.strategies/1';
export const PROFILES_SCHEMA = 'smmuscope.profiles/1';
export const PROFILE_SCHEMA = 'smmuscope.profile/1';

/** One option of a strategy, written `NAME:key=value`. */
export interface StrategyOptionListing {
  readonly key: string;
  /** What the value may be: the choices separated by `|`, or a range such as `1..128`. */
  readonly values: string;
  readonly default: string;
  readonly help: string;
}

/** One strategy. */
export interface StrategyListing {
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
  /** V read at the source, D derived, R recalled, E estimate, U set by the user. */
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
