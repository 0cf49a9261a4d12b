/**
 * One point on a decoded trace; the same code runs in the sweep's own thread and in its workers.
 */
import { basename } from 'node:path';
import { transformSettings } from '../guest/transforms/registry.js';
import type { WrittenResult } from '../results/document.js';
import { type RunOptions, runReplays } from '../session/run.js';
import { resolveStrategies } from '../strategies/spec.js';
import { UsageError, UserError } from '../trace/errors.js';
import { openShared, type SharedTrace } from './shared-trace.js';

/** What a thread needs to run a point. */
export interface PointJob {
  readonly path: string;
  readonly options: RunOptions;
  readonly trace: SharedTrace;
  /** Digest of the strategy's code when the sweep was planned, if it comes from a file. */
  readonly codeDigest: string | undefined;
}

/** The result document as JSON text, or why there is none. */
export type PointOutcome =
  | { readonly json: string }
  | { readonly error: { readonly exit_code: number; readonly message: string } };

/** Exit code of an error that no input has caused. */
const EXIT_UNEXPECTED = 1;

/** Run `job`; never throws. Whoever aborts `signal` waits for no outcome. */
export async function runPoint(
  { path, options, trace, codeDigest }: PointJob,
  signal?: AbortSignal,
): Promise<PointOutcome> {
  try {
    requireSameCode(options, codeDigest);
    const isChanged = transformSettings(options.transforms ?? {}).length > 0;
    const open = () => openShared(trace, path, isChanged);
    return { json: JSON.stringify(withoutCourse(await runReplays([path], options, { open, signal }))) };
  } catch (error) {
    return failedWith(error);
  }
}

/** Every thread loads a strategy's file for itself: what it runs must be what the point is called by. */
function requireSameCode({ strategies, atc }: RunOptions, codeDigest: string | undefined): void {
  if (codeDigest === undefined) return;
  const [{ module }] = resolveStrategies(strategies, atc);
  if (module === undefined || module.digest === codeDigest) return;
  throw new UsageError(`${basename(module.path)}: expected the code that the sweep began with, found it changed`);
}

/** Nobody reads the courses of thousands of points, and they are a large part of a document: `replay` of a point has them. */
function withoutCourse({ results, ...document }: WrittenResult): WrittenResult {
  const kept = results.map(
    ({ main_tlb_over_time: _bins, operations_over_events: _course, slowest_operations: _slowest, ...rest }) => {
      const { steps: _steps, ...operation } = rest.latency.operation;
      return { ...rest, latency: { ...rest.latency, operation } };
    },
  );
  return { ...document, results: kept };
}

/** Any thrown value as a failed point. */
export function failedWith(error: unknown): PointOutcome {
  if (error instanceof UserError) return { error: { exit_code: error.exitCode, message: error.message } };
  const message = error instanceof Error ? error.message : String(error);
  return { error: { exit_code: EXIT_UNEXPECTED, message: `unexpected error: ${message}` } };
}
