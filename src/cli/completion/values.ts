/** Values that the shell may offer: what the registries know, for flags and arguments that take a name. */

import { writerNames } from '../../formats/output-registry.js';
import { readerNames } from '../../formats/registry.js';
import { WORKLOADS } from '../../guest/workloads/registry.js';
import { profileNames } from '../../profiles/load.js';
import { REPORTERS } from '../../reporters/registry.js';
import { strategyNames } from '../../strategies/registry.js';
import { TARGETINGS } from '../../strategies/targeting/registry.js';

/** Names for one flag or argument. */
export interface OfferedValues {
  readonly values: readonly string[];
  /** The flag takes several, separated by commas. */
  readonly isList?: boolean;
}

/**
 * By name of the flag, in every command that has it, or by `command --flag` where a command means something else by it.
 * Flags that declare their options need no line here.
 */
export function valuesOfFlags(): ReadonlyMap<string, OfferedValues> {
  const strategies = strategyNames();
  return new Map([
    ['strategy', { values: strategies }],
    ['strategies', { values: ['all', ...strategies], isList: true }],
    ['baseline', { values: strategies }],
    ['atc', { values: TARGETINGS.map(({ name }) => name), isList: true }],
    ['profile', { values: profileNames() }],
    ['reporter', { values: REPORTERS.map(({ name }) => name) }],
    ['format', { values: readerNames() }],
    ['to', { values: writerNames() }],
    ['replay --to', { values: strategies }],
  ]);
}

/** By command, of its first argument. Arguments that declare their options need no line here. */
export function valuesOfArguments(): ReadonlyMap<string, OfferedValues> {
  return new Map([
    ['strategies:show', { values: strategyNames() }],
    ['profiles:show', { values: profileNames() }],
    ['generate', { values: WORKLOADS.map(({ name }) => name) }],
  ]);
}
