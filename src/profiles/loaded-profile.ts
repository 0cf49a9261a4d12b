/**
 * A profile in memory. Apart from how its file is read, so that a thread that is given one does not load a parser of YAML.
 */
import { CACHE_PARAMETERS } from './cache-parameters.js';
import {
  COMMAND_PARAMETERS,
  HOST_PARAMETERS,
  ORACLE_PARAMETERS,
  type ParameterSpec,
  SOFTWARE_PARAMETERS,
} from './parameters.js';

/**
 * Where a value comes from: V read at source, D derived, R recalled, E estimate (facts M), U set by the user,
 * C calibrated: fitted to measured latencies (docs/calibrate.md).
 */
type SourceTag = 'V' | 'D' | 'R' | 'E' | 'U' | 'C';

/** One parameter with its value and provenance. */
export interface Parameter {
  readonly key: string;
  readonly value: number | string | boolean;
  readonly unit: string;
  readonly tag: SourceTag;
  readonly source: string;
  /** Smallest and largest value that sources give for it, in its unit, and which; undefined: the profile does not say. */
  readonly range: { readonly low: number; readonly high: number; readonly source: string } | undefined;
  readonly help: string;
  /** True when `--set` changed it. */
  readonly overridden: boolean;
}

/** All declared parameters, software first. */
export const PARAMETER_SPECS: readonly ParameterSpec[] = [
  ...SOFTWARE_PARAMETERS,
  ...HOST_PARAMETERS,
  ...COMMAND_PARAMETERS,
  ...CACHE_PARAMETERS,
  ...ORACLE_PARAMETERS,
];

/** A profile with every declared parameter present; values are read by key. */
export class LoadedProfile {
  private readonly byKey: ReadonlyMap<string, Parameter>;

  constructor(
    readonly name: string,
    readonly title: string,
    readonly parameters: readonly Parameter[],
  ) {
    this.byKey = new Map(parameters.map((parameter) => [parameter.key, parameter]));
  }

  /** The parameter `key`; an undeclared key is a defect of the caller. */
  parameter(key: string): Parameter {
    const found = this.byKey.get(key);
    if (found === undefined) throw new Error(`parameter ${key} is not declared`);
    return found;
  }

  /** Value of a numeric parameter. */
  number(key: string): number {
    return Number(this.parameter(key).value);
  }

  /** Value of a named choice. */
  text(key: string): string {
    return String(this.parameter(key).value);
  }

  /** Value of a switch. */
  flag(key: string): boolean {
    return this.parameter(key).value === true;
  }

  /** Smallest legal value of a numeric parameter: a whole is no smaller than its parts are here. */
  smallest(key: string): number {
    const parts = PARAMETER_SPECS.filter((spec) => spec.partOf === key).map((spec) => this.number(spec.key));
    return Math.max(PARAMETER_SPECS.find((spec) => spec.key === key)?.min ?? 0, ...parts);
  }

  /** Largest legal value of a numeric parameter: a part is no larger than its whole is here. */
  largest(key: string): number {
    const spec = PARAMETER_SPECS.find((candidate) => candidate.key === key);
    const most = spec?.max ?? Number.MAX_SAFE_INTEGER;
    return spec?.partOf === undefined ? most : Math.min(most, this.number(spec.partOf));
  }

  /** The same profile with some parameters changed; values are not checked and need not be whole numbers. */
  withValues(changes: ReadonlyMap<string, Partial<Parameter>>, name = this.name, title = this.title): LoadedProfile {
    const parameters = this.parameters.map((parameter) => {
      const change = changes.get(parameter.key);
      return change === undefined ? parameter : { ...parameter, ...change };
    });
    return new LoadedProfile(name, title, parameters);
  }
}
