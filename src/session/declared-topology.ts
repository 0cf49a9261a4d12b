/**
 * What a topology file changes around a replay: domains that change at their times, the provenance and the names of devices in
 * the result.
 */
import type { LoadedProfile } from '../profiles/load.js';
import type { Survey } from '../replay/survey.js';
import type { TraceProvenance, WrittenStrategyResult } from '../results/document.js';
import type { DeclaredTopology } from '../topology/load.js';
import type { Topology } from '../topology/topology.js';
import { UsageError } from '../trace/errors.js';
import type { EventBatch } from '../trace/events.js';

/** @throws UsageError if an ATC of the file cannot have the ways that the profile gives ATCs */
export function checkAtcSizes({ file, devices }: DeclaredTopology, profile: LoadedProfile): void {
  const ways = profile.number('atc.ways');
  for (const { sid, atc_entries: entries } of devices) {
    if (entries === undefined || ways === 0 || ways > entries || entries % ways === 0) continue;
    throw new UsageError(
      `${file}: atc_entries of ${hex(sid)}: expected a multiple of the profile’s atc.ways, ${ways}, found ${entries}`,
    );
  }
}

/**
 * Hand `batch` to `consume`, cut where the file moves a device into another domain, so that a move comes before the first
 * event at or after its time. All `topologies` have the same moves.
 */
export function feedByDomains(
  batch: EventBatch,
  topologies: readonly Topology[],
  consume: (piece: EventBatch) => void,
): void {
  const nextNs = () => topologies[0]?.nextBindingNs ?? Number.POSITIVE_INFINITY;
  let from = 0;
  for (let row = 0; row < batch.count && batch.timeNs[batch.count - 1] >= nextNs(); row++) {
    if (batch.timeNs[row] < nextNs()) continue;
    if (row > from) consume(rowsOf(batch, from, row));
    for (const topology of topologies) topology.advanceTo(batch.timeNs[row]);
    from = row;
  }
  if (from === 0) consume(batch);
  else consume(rowsOf(batch, from, batch.count));
}

/** Rows `from … to-1` of `batch`, without copying. */
function rowsOf(batch: EventBatch, from: number, to: number): EventBatch {
  const columns = Object.entries(batch).filter(([, column]) => ArrayBuffer.isView(column)) as [string, Uint8Array][];
  const views = columns.map(([name, column]) => [name, column.subarray(from, to)]);
  return { ...Object.fromEntries(views), capacity: to - from, count: to - from, isFull: true } as EventBatch;
}

/** `provenance.traces[].topology`. */
export function topologyProvenance(
  survey: Survey,
  declared: DeclaredTopology | undefined,
): TraceProvenance['topology'] {
  const streams = survey.topology.list().map(({ sid, psid, smmu, hasAts, atcEntries, asid, isListed }) => ({
    sid,
    ...(psid === undefined ? {} : { psid }),
    ...(survey.topology.smmuCount === 1 ? {} : { smmu }),
    has_ats: hasAts,
    ...(atcEntries === undefined ? {} : { atc_entries: atcEntries }),
    // Of its first domain; null: not known from the start.
    asid: asid < 0 ? null : asid,
    ...(declared === undefined || isListed ? {} : { unlisted: true as const }),
  }));
  // Named by ATC_INVs and by nothing else: no devices.
  const { strays } = survey.topology;
  const unknown = strays.length === 0 ? {} : { unknown_streams: strays };
  if (declared !== undefined) return { source: declared.file, sha256: declared.sha256, streams, ...unknown };
  const source = `inferred from ${survey.isComplete ? 'the whole trace' : 'its beginning'}`;
  return {
    source,
    streams,
    ...unknown,
    ...(survey.topology.isTakenOnTrust ? { ats_streams_on_trust: true as const } : {}),
  };
}

/** `result` with the physical StreamIDs of the devices in `tlb.by_sid` that the file names. */
export function withTopology(result: WrittenStrategyResult, topology: Topology): WrittenStrategyResult {
  const { tlb } = result;
  const physical = topology.list().flatMap(({ sid, psid }) => (psid === undefined ? [] : [[hex(sid), hex(psid)]]));
  if (tlb === null || physical.length === 0) return result;
  return { ...result, tlb: { ...tlb, psid_by_sid: Object.fromEntries(physical) } };
}

const hex = (sid: number): string => `0x${sid.toString(16)}`;
