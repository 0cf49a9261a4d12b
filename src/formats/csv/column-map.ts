/**
 * The user's own names for columns: `--csv-map OURS=THEIRS,…`.
 */
import { suggestion, UsageError } from '../../trace/errors.js';
import { CSV_HEADER } from '../rows/columns.js';

/** Column name in the file → our name, or `x_…` for a column to be ignored. */
export type ColumnMap = ReadonlyMap<string, string>;

/** `time` is short for `time_ns`; the values are ns all the same. */
const SHORT_NAMES: Readonly<Record<string, string>> = { time: 'time_ns' };

/**
 * The map that `texts` ask for, each `OURS=THEIRS` or several of them separated by commas.
 * @throws UsageError for anything else, an unknown column of ours, or a name given twice
 */
export function parseColumnMap(texts: readonly string[]): ColumnMap {
  const map = new Map<string, string>();
  for (const pair of texts.flatMap((text) => text.split(','))) {
    const [ours, theirs, ...more] = pair.split('=').map((name) => name.trim());
    if (!ours || !theirs || more.length > 0) {
      throw new UsageError(`--csv-map: expected OURS=THEIRS such as time_ns=ts, found "${pair}"`);
    }
    const name = SHORT_NAMES[ours] ?? ours;
    if (!name.startsWith('x_') && !(CSV_HEADER as readonly string[]).includes(name)) {
      throw new UsageError(`--csv-map: unknown column ${ours}${suggestion(ours, CSV_HEADER)}`);
    }
    if (map.has(theirs)) throw new UsageError(`--csv-map: expected every name once, found ${theirs} twice`);
    if (!name.startsWith('x_') && [...map.values()].includes(name)) {
      throw new UsageError(`--csv-map: expected every column once, found ${name} twice`);
    }
    map.set(theirs, name);
  }
  return map;
}
