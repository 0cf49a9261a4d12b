/** From parsed flags to how a trace is opened. */
import type { Interfaces } from '@oclif/core';
import type { OpenOptions } from '../library/options.js';
import type { traceFlags } from './flags.js';

type ReadFlags = Omit<Interfaces.InferredFlags<typeof traceFlags>, 'limit'>;

/** How `flags` want a trace opened, as options of the library. */
export function readOptions(flags: ReadFlags): OpenOptions {
  const { format, lenient, 'csv-map': csvMap, 'ftrace-events': ftraceEvents, with: joined } = flags;
  return { format, lenient, csvMap, ftraceEvents, with: joined };
}
