/** The command that goes on from a look at a trace, to be copied: what a report ends with. */
import type { Interfaces } from '@oclif/core';
import type { traceFlags } from './flags.js';

type TraceFlags = Partial<Interfaces.InferredFlags<typeof traceFlags>>;

/** A word that no shell takes for anything else. */
const PLAIN = /^[\w@%+=:,./-]+$/;

const quoted = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `smmuscope NAME TRACE`, read as `flags` say; undefined for standard input, which is gone. */
export function nextCommand(name: string, trace: string, flags: TraceFlags): string | undefined {
  if (trace === '-') return undefined;
  const given = (['format', 'csv-map', 'lenient', 'ftrace-events', 'with', 'limit'] as const).flatMap((flag) => {
    const value = flags[flag];
    if (value === undefined || value === false) return [];
    return [value].flat().flatMap((one) => (one === true ? [`--${flag}`] : [`--${flag}`, String(one)]));
  });
  return ['smmuscope', name, trace, ...given].map(quoted).join(' ');
}
