/** What a failure means to the person at the terminal: one sentence and an exit code (design §9). */
import { systemReason } from '../files/system-reason.js';
import { strategyFiles } from '../strategies/user/strategy-files.js';
import { nearestName, UserError } from '../trace/errors.js';

/** Exit codes of design §9 that do not come with a UserError. */
const EXIT_OK = 0;
export const EXIT_UNEXPECTED = 1;
export const EXIT_USAGE = 2;
/** `diff --exit-code`: something differs. The code of a failed gate (gates/judge.ts). */
export const EXIT_DIFFERENT = 3;
/** A trace with errors (`lint`); malformed ones are a TraceFormatError. */
export const EXIT_TRACE = 4;

/** How the process ends. */
export interface Failure {
  readonly exitCode: number;
  /** One sentence for `tell`; empty to say nothing. */
  readonly sentence: string;
}

/** The properties by which errors of oclif and Node are told apart. */
interface KnownError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly oclif?: { readonly exit?: number };
  /** Set by oclif's parser errors: the flags that do not exist. */
  readonly flags?: readonly string[];
}

/**
 * Describe any thrown value.
 * @param knownFlags flags of the command that ran, for a suggestion
 */
export function describeFailure(thrown: unknown, knownFlags: readonly string[] = []): Failure {
  if (thrown instanceof UserError) return { exitCode: thrown.exitCode, sentence: thrown.message };
  const error: KnownError = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error.code === 'EPIPE') return { exitCode: EXIT_OK, sentence: '' };
  // Files are written by output.ts, which has its own sentence: this is standard output.
  if (error.syscall === 'write') {
    const sentence = `<stdout>: expected an output that can be written to, found ${systemReason(thrown)}`;
    return { exitCode: EXIT_USAGE, sentence };
  }
  const oclifExit = error.oclif?.exit;
  if (oclifExit !== undefined) return { exitCode: oclifExit, sentence: parserSentence(error, knownFlags) };
  return {
    exitCode: EXIT_UNEXPECTED,
    sentence: `unexpected error: ${oneLine(error.message)}${suspects()} (please report it with this command line; SMMUSCOPE_DEBUG=1 shows where it arose)`,
  };
}

/** A strategy from a file may be what went wrong. */
function suspects(): string {
  const paths = strategyFiles().map((module) => module.path);
  return paths.length === 0 ? '' : `; it ran with your own strategy, look there first: ${paths.join(', ')}`;
}

/**
 * oclif's messages as one sentence. Samples:
 * `Nonexistent flag: --foo\nSee more help with --help` · `Parsing --limit \n\tExpected an integer but received: x\n…` ·
 * `Missing 1 required arg:\ntrace  the trace to read\nSee more help with --help`
 */
function parserSentence({ message, flags }: KnownError, knownFlags: readonly string[]): string {
  const text = withoutColour(message).replace(/\s*See more help with --help\s*$/, '');
  const sentence = oneLine(text)
    .replace(/^Nonexistent flags?: /, 'unknown flag ')
    .replace(/^Parsing (--\S+) Expected/, '$1: expected')
    .replace(/^The following errors? occurred: /, '')
    .replace(/^(Missing \d+ required args?): (\S+) .*$/, '$1: $2')
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  const nearest = flags?.length === 1 ? nearestName(flags[0], knownFlags) : undefined;
  return `${sentence}${nearest === undefined ? '' : `; did you mean ${nearest}?`} (--help tells more)`;
}

/** What others wrote in several lines. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** `text` without ANSI colour sequences. */
function withoutColour(text: string): string {
  const escapeCharacter = String.fromCharCode(27);
  return text.replace(new RegExp(`${escapeCharacter}\\[[\\d;]*m`, 'g'), '');
}
