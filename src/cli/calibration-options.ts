/** From parsed flags to the options of a calibration. */
import type { Centre } from '../calibration/centres.js';
import type { Split } from '../calibration/split.js';
import { requireOneStrategy } from '../library/run-options.js';
import { checkStrategyFiles } from '../library/strategy-files.js';
import type { CalibrationOptions } from '../session/calibrate.js';
import { UsageError } from '../trace/errors.js';
import { splitList } from './run-options.js';

/** The flags of `calibrate`, parsed. */
export interface CalibrationFlags {
  readonly strategy: string | undefined;
  readonly fit: string | undefined;
  readonly predict: readonly string[] | undefined;
  readonly share: number;
  readonly split: string;
  readonly centre: string;
  readonly profile: string;
  readonly set: readonly string[] | undefined;
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly 'ftrace-events': string | undefined;
  readonly limit: number | undefined;
  readonly with: string | undefined;
  readonly 'allow-code': boolean;
  readonly 'profile-out': string | undefined;
  readonly output: string | undefined;
}

/** How a trace is read; points are read one way. */
const TRACE_ONLY = ['format', 'ftrace-events', 'limit', 'lenient', 'with'] as const;

/**
 * Options for `calibrate`.
 * @throws UsageError for flags that contradict each other, or a strategy file that breaks the contract
 */
export function calibrationOptions(flags: CalibrationFlags): CalibrationOptions {
  const { strategy } = flags;
  if (strategy === undefined) {
    const idle = TRACE_ONLY.find((flag) => flags[flag] !== undefined && flags[flag] !== false);
    if (idle !== undefined) throw new UsageError(`--${idle}: expected --strategy NAME with it (a trace), found none`);
  } else {
    requireOneStrategy('--strategy', strategy);
    checkStrategyFiles([strategy], flags.profile, flags.set ?? []);
  }
  const out = flags['profile-out'];
  if (out === '-' && (flags.output ?? '-') === '-') {
    throw new UsageError('--profile-out: expected a file, as the report goes to standard output, found -');
  }
  return {
    strategy,
    allowsCode: flags['allow-code'],
    fit: splitList(flags.fit),
    predict: flags.predict ?? [],
    share: flags.share / 100,
    split: flags.split as Split,
    centre: flags.centre as Centre,
    profile: flags.profile,
    set: flags.set ?? [],
    format: flags.format,
    lenient: flags.lenient,
    limit: flags.limit,
    ftraceEvents: flags['ftrace-events'],
    with: flags.with,
  };
}
