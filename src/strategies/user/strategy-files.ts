/** Strategies that this process has loaded from files: for provenance, and to name a suspect when a replay goes wrong. */

/** A user's module. */
export interface StrategyModule {
  /** Name of the strategy. */
  readonly strategy: string;
  /** Absolute path. */
  readonly path: string;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
}

const loaded: StrategyModule[] = [];

/** Remember `module`. */
export function noteStrategyFile(module: StrategyModule): void {
  loaded.push(module);
}

/** Everything loaded so far. */
export function strategyFiles(): readonly StrategyModule[] {
  return loaded;
}
