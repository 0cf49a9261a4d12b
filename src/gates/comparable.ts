/** Which results may be held against each other: those of the same traces, unless others are asked for, on the same model. */
import { isDeepStrictEqual } from 'node:util';
import type { ResultDocument } from '../results/document.js';
import { pairTraces } from '../results/pair-traces.js';
import { UsageError } from '../trace/errors.js';

/** What a comparison is about, or follows from the results. */
const MAY_DIFFER = ['tool', 'traces', 'strategy_files', 'profile', 'seed_dependents'];

/**
 * Make sure that `earlier` has every trace of `document`, by content, and ran it on the same model.
 * @param name what errors call the earlier result
 * @param isAcross its traces may be other recordings, of one name or one on either side
 * @throws UsageError that names the first difference
 */
export function requireComparable(
  document: ResultDocument,
  earlier: ResultDocument,
  name: string,
  isAcross = false,
): void {
  const fault = (what: string, expected: unknown, found: unknown) =>
    new UsageError(`${name}: expected results of the same ${what}, ${text(expected)}, found ${text(found)}`);
  const pairs = pairTraces(earlier.provenance.traces, document.provenance.traces, isAcross);
  for (const { file, sha256, topology } of document.provenance.traces) {
    const same = pairs.find(({ now }) => now.file === file)?.old;
    if (same === undefined) {
      const others = earlier.provenance.traces.map((trace) => `${trace.file} (sha256 ${trace.sha256.slice(0, 12)})`);
      throw new UsageError(
        `${name}: expected results of ${isAcross ? 'a trace called' : 'the same trace,'} ${file} (sha256 ${sha256.slice(0, 12)}), found ${others.join(', ')}${isAcross ? '' : '; --across recordings compares others, per operation and per unmap'}`,
      );
    }
    if (!isAcross && !isDeepStrictEqual(plain(same.topology), plain(topology)))
      throw fault('topology', topology, same.topology);
  }
  for (const key of ['name', 'overrides', 'parameters_sha256'] as const) {
    const [mine, theirs] = [document.provenance.profile[key], earlier.provenance.profile[key]];
    if (!isDeepStrictEqual(mine, theirs)) throw fault(`model (profile ${key})`, mine, theirs);
  }
  const [mySeeds, theirSeeds] = [document, earlier].map(({ provenance }) => seedsText(provenance));
  if (mySeeds !== theirSeeds) {
    throw new UsageError(`${name}: expected results of the same seeds, ${mySeeds}, found ${theirSeeds}`);
  }
  const [mine, theirs] = [document, earlier].map(({ provenance }) => plain(provenance));
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    if (MAY_DIFFER.includes(key) || isDeepStrictEqual(mine[key], theirs[key])) continue;
    throw fault(`model (${key})`, mine[key], theirs[key]);
  }
}

/** `10 from 0`. */
const seedsText = ({ seeds = 1, seed = 0 }: ResultDocument['provenance']): string => `${seeds} from ${String(seed)}`;

const text = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

/** As it is in JSON: keys without a value are gone. */
const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value));
