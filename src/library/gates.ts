/** Gates of a comparison, how they are judged, and the two meanings of its baseline. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { type Gate, parseGate } from '../gates/gate.js';
import { parseGateFile } from '../gates/gate-file.js';
import type { Judging } from '../gates/judge.js';
import { UsageError } from '../trace/errors.js';
import type { CheckedComparison } from './options.js';
import { type ResultFile, readResult } from './result-file.js';

/**
 * Gates from the values of `--gate`: files of gates, or gates.
 * @throws UsageError for a malformed one
 */
export function readGates(values: readonly string[]): Gate[] {
  return values.flatMap((value) => {
    if (!/\.(ya?ml|json)$/.test(value)) return [parseGate(value, '--gate')];
    if (!existsSync(value) || !statSync(value).isFile()) {
      throw new UsageError(`${value}: expected a file of gates, found ${existsSync(value) ? 'no file' : 'nothing'}`);
    }
    return parseGateFile(readFileSync(value, 'utf8'), value);
  });
}

/**
 * Tell the strategies from the earlier results among the values of `--baseline`.
 * @throws UsageError for two of a kind
 */
export function splitBaselines(values: readonly string[]): {
  readonly strategy: string | undefined;
  readonly earlier: ResultFile | undefined;
} {
  const files = values.filter((value) => /\.json$/.test(value));
  const strategies = values.filter((value) => !files.includes(value));
  for (const several of [files, strategies]) {
    if (several.length > 1) {
      throw new UsageError(`--baseline: expected one strategy and one FILE.json at most, found ${several.join(', ')}`);
    }
  }
  return { strategy: strategies[0], earlier: files.length === 0 ? undefined : readResult(files[0]) };
}

/**
 * How gates are judged.
 * @throws UsageError for traces taken together of which there is one, and for an option about gates without any
 */
export function judgingOf(
  { seeds, across, inconclusive, gates }: Pick<CheckedComparison, 'seeds' | 'across' | 'inconclusive' | 'gates'>,
  traces: readonly string[],
  earlier: ResultFile | undefined,
): Judging {
  if (across === 'traces' && traces.length < 2) {
    throw new UsageError(`--across traces: expected several traces, found ${traces.length}`);
  }
  if (across === 'recordings' && earlier === undefined) {
    throw new UsageError('--across recordings: expected an earlier result, --baseline FILE.json, found none');
  }
  if (inconclusive !== undefined && gates.length === 0) {
    throw new UsageError('--inconclusive: expected --gate with it, found none');
  }
  const over = across === 'recordings' ? 'seeds' : across;
  const sampling = seeds > 1 || over === 'traces' ? { over, seeds } : undefined;
  return { sampling, inconclusive };
}
