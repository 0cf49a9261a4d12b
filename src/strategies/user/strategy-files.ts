/** Strategies that this process has loaded from files: for provenance, and to name a suspect when a replay goes wrong. */
import { basename } from 'node:path';
import type { ImportedCode, StrategyCode } from './code/strategy-code.js';

/** A user's module, its code as it was just before it was loaded. */
export interface StrategyModule extends StrategyCode {
  /** Name of the strategy. */
  readonly strategy: string;
  /** Absolute path. */
  readonly path: string;
}

/** A module as a result's provenance names it: without the folder that it lies in, the same on any machine. */
export interface StrategyFile {
  readonly strategy: string;
  readonly file: string;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Absent: it imports nothing. */
  readonly imports?: readonly ImportedCode[];
  /** What its code may depend on besides, as sentences; absent: nothing. */
  readonly not_covered?: readonly string[];
}

/** `modules` as provenance, each once. */
export function strategyFilesOf(modules: readonly StrategyModule[]): StrategyFile[] {
  return [...new Set(modules)].map(({ strategy, path, sha256, imports, notCovered }) => ({
    strategy,
    file: basename(path),
    sha256,
    ...(imports.length === 0 ? {} : { imports }),
    ...(notCovered.length === 0 ? {} : { not_covered: notCovered }),
  }));
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
