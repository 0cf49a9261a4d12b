/** Which row of OLD is which of NEW. */
import type { UnpairedRow } from '../results/declaration/differences.js';
import { pairTraces, type TracePair } from '../results/pair-traces.js';
import { UsageError } from '../trace/errors.js';
import { type DiffInput, placeOf, type Rows, type SideRow, type TraceOf } from './side.js';

/** A row that both have. */
export interface RowPair {
  readonly old: SideRow;
  readonly now: SideRow;
}

/** All rows of both. */
export interface Paired {
  readonly traces: readonly TracePair<TraceOf>[];
  /** In the order of NEW. */
  readonly rows: readonly RowPair[];
  readonly onlyInOld: readonly UnpairedRow[];
  readonly onlyInNew: readonly UnpairedRow[];
}

/**
 * Pair the rows: of the same recording (or, across recordings, of those that `pairTraces` puts together), the same strategy
 * and targeting and, of a study, the same place on the axes.
 * @throws UsageError for other recordings without `isAcross`, and if no trace belongs to another
 */
export function pairRows(old: DiffInput, oldRows: Rows, now: DiffInput, newRows: Rows, isAcross: boolean): Paired {
  const traces = pairTraces(oldRows.traces, newRows.traces, isAcross);
  requireRecordings(traces, old, oldRows, now, newRows, isAcross);
  const keyOf = (row: SideRow, side: 'old' | 'now') =>
    `${traces.findIndex((pair) => pair[side].sha256 === row.trace.sha256 && pair[side].file === row.trace.file)} ${row.key}`;
  const byKey = new Map(oldRows.rows.map((row) => [keyOf(row, 'old'), row]));
  const paired = new Set<SideRow>();
  const rows = newRows.rows.flatMap((row): RowPair[] => {
    const key = keyOf(row, 'now');
    const counterpart = key.startsWith('-1 ') ? undefined : byKey.get(key);
    if (counterpart === undefined) return [];
    paired.add(counterpart).add(row);
    return [{ old: counterpart, now: row }];
  });
  const unpaired = (of: Rows, other: Rows, name: string) =>
    of.rows.filter((row) => !paired.has(row)).map((row) => unpairedRow(row, other.failures, name));
  const onlyInOld = unpaired(oldRows, newRows, now.name);
  const onlyInNew = unpaired(newRows, oldRows, old.name);
  return { traces, rows, onlyInOld, onlyInNew };
}

function unpairedRow({ at, result }: SideRow, failures: Rows['failures'], other: string): UnpairedRow {
  const { trace, strategy, atc } = result;
  const failure = at === undefined ? undefined : failures.get(placeOf(at));
  return {
    ...{ trace, strategy, atc },
    ...(at === undefined ? {} : { at }),
    ...(failure === undefined ? {} : { reason: `failed in ${other}: ${failure}` }),
  };
}

function requireRecordings(
  pairs: Paired['traces'],
  old: DiffInput,
  oldRows: Rows,
  now: DiffInput,
  newRows: Rows,
  isAcross: boolean,
): void {
  const isOther = ({ file }: TraceOf) => !pairs.some((pair) => pair.now.file === file) && names(oldRows).has(file);
  if (pairs.length > 0 && (isAcross || !newRows.traces.some(isOther))) return;
  const list = ({ traces }: Rows) =>
    traces.map(({ file, sha256 }) => `${file} (sha256 ${sha256.slice(0, 12)})`).join(', ') || 'none';
  if (!isAcross) {
    throw new UsageError(
      `${now.name}: expected results of the same recordings as ${old.name}, ${list(oldRows)}, found ${list(newRows)}; --across recordings compares others, per operation and per unmap`,
    );
  }
  throw new UsageError(
    `${now.name}: expected traces that are called as in ${old.name}, ${list(oldRows)}, or one on either side, found ${list(newRows)}`,
  );
}

const names = ({ traces }: Rows): ReadonlySet<string> => new Set(traces.map(({ file }) => file));
