/** What decided the results and is not the same: the tool, the model's parameters, options, transforms, how traces were read. */
import { isDeepStrictEqual } from 'node:util';
import type { Changed, RecordingPair } from '../results/declaration/differences.js';
import type { ResultDocument } from '../results/document.js';
import type { TracePair } from '../results/pair-traces.js';
import type { RowPair } from './pair-rows.js';
import type { TraceOf } from './side.js';

type Provenance = ResultDocument['provenance'];

/** Follows from the results or from other keys, or says nothing that decides. */
const FOLLOWS = ['tool.name', 'traces', 'profile.title', 'profile.estimate_share', 'seed_dependents'];

/** Whatever differs in the provenance of `rows`, each once. */
export function changedOf(rows: readonly RowPair[]): Changed[] {
  const found = new Map<string, { readonly changed: Changed; rows: number }>();
  const known = new Map<Provenance, Map<Provenance, Changed[]>>();
  for (const { old, now } of rows) {
    const ofOld = known.get(old.provenance) ?? new Map<Provenance, Changed[]>();
    known.set(old.provenance, ofOld);
    const changes = ofOld.get(now.provenance) ?? changesOf(old.provenance, now.provenance);
    ofOld.set(now.provenance, changes);
    for (const changed of changes) {
      const key = JSON.stringify(changed);
      const entry = found.get(key) ?? { changed, rows: 0 };
      entry.rows++;
      found.set(key, entry);
    }
  }
  return [...found.values()].map((one) =>
    one.rows === rows.length ? one.changed : { ...one.changed, rows: one.rows },
  );
}

function changesOf(old: Provenance, now: Provenance): Changed[] {
  const [before, after] = [old, now].map((of) => new Map(leaves(of)));
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changed = paths.filter((path) => before.get(path) !== after.get(path));
  // The digest of all parameters says nothing beyond those that are named.
  const isNamed = changed.some((path) => path === 'profile.name' || path.startsWith('profile.overrides.'));
  return changed
    .filter((path) => !(isNamed && path === 'profile.parameters_sha256'))
    .map((path) => entry(path, before.get(path), after.get(path)));
}

/** How a trace that both have was read, where that differs. */
export function changedReading({ old, now }: TracePair<TraceOf>): Changed[] {
  return (['events', 'topology', 'transforms'] as const).flatMap((key) => {
    const [before, after] = [old, now].map((trace) => JSON.stringify(trace[key]));
    return before === after ? [] : [entry(`traces.${now.file}.${key}`, before, after)];
  });
}

const entry = (what: string, old: string | undefined, now: string | undefined): Changed => ({
  what,
  ...(old === undefined ? {} : { old }),
  ...(now === undefined ? {} : { new: now }),
});

/** Dotted paths and JSON of whatever is no object; what is empty is as if it were not there. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (value === undefined || FOLLOWS.includes(path)) return [];
  if (value === null || typeof value !== 'object') return [[path, JSON.stringify(value)]];
  if (Array.isArray(value)) return value.length === 0 ? [] : [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

/** What is not the same in two recordings and their guests, as far as the documents know it. */
export function recordingPair(pair: TracePair<TraceOf>, rows: readonly RowPair[]): RecordingPair {
  const { old, now } = pair;
  const row = rows.find((one) => one.old.trace === old && one.now.trace === now);
  type Fact = RecordingPair['facts'][number];
  const fact = (
    what: string,
    unit: string,
    of: (trace: TraceOf, side: 'old' | 'now') => Fact['old'] | undefined,
  ): Fact[] => {
    const [before, after] = [of(old, 'old') ?? null, of(now, 'now') ?? null];
    return isDeepStrictEqual(before, after) ? [] : [{ what, unit, old: before, new: after }];
  };
  const sum = ({ events }: TraceOf) => Object.values(events).reduce((total, count) => total + count, 0);
  return {
    old: old.file,
    new: now.file,
    facts: [
      ...fact('sha256', '', ({ sha256 }) => sha256),
      ...fact('format', '', ({ reader }) => reader.format),
      ...fact('version of the recorder', '', ({ reader }) => reader.version || null),
      ...fact('translated from', '', ({ reader }) => reader.translated_from || null),
      ...fact('joined with', '', ({ join }) => join?.file),
      ...fact('events', 'count', sum),
      ...fact('duration', 'ns', (_, side) => row?.[side].result.throughput.duration_ns),
      ...fact('operations', 'count', (_, side) => row?.[side].result.latency.operation.count),
      ...fact('unmaps', 'count', (_, side) => row?.[side].result.per_unmap?.unmaps),
      ...fact('unmaps are counted from', '', (_, side) => row?.[side].result.per_unmap?.counted_from),
      ...fact('vCPUs', 'count', (_, side) => row?.[side].result.replay?.vcpus),
      ...fact('devices', 'count', ({ topology }) => topology.streams?.length),
    ],
  };
}
