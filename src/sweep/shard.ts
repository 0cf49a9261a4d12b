/** Parts of a study for several machines: point k belongs to shard k mod n, so that every shard has a bit of everything. */
import { UsageError } from '../trace/errors.js';

/** Part `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Largest number of shards; a bound for what is read from files. */
const MOST_SHARDS = 100_000;

/**
 * `i/n` as the command line has it.
 * @throws UsageError for anything else
 */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (isShard(shard)) return shard;
  throw new UsageError(`--shard: expected I/N with I from 1 to N, such as 2/8, found ${JSON.stringify(text)}`);
}

/** True for a part that can exist. */
export function isShard({ index, count }: Shard): boolean {
  const isWhole = Number.isSafeInteger(index) && Number.isSafeInteger(count);
  return isWhole && index >= 1 && index <= count && count <= MOST_SHARDS;
}

/** True if the point at `place` belongs to `shard`. */
export function isInShard(place: number, { index, count }: Shard): boolean {
  return place % count === index - 1;
}
