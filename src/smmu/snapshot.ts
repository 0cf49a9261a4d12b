/**
 * All counters of an SMMU as plain values, and the difference of two such snapshots (to leave a warm-up out).
 */
import { CAUSE_NAMES, type CauseName, COUNTERS, Counter, STRUCTURE_NAMES, type StructureName } from './counters.js';
import type { Smmu } from './smmu.js';
import type { Structure } from './structures/structure.js';
import type { WalkCache } from './structures/walk-cache.js';

/** Counters of one structure (all its instances together). */
export interface StructureSnapshot {
  readonly entries: number;
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  /** Null: causes are off. Sums to `misses`. */
  readonly missesByCause: Readonly<Record<CauseName, number>> | null;
  readonly fills: number;
  readonly evictions: number;
  readonly invalidated: number;
  /** Now; in a difference: at its end. */
  readonly occupancy: number;
  readonly staleInWindow: number;
  readonly staleAfterSync: number;
}

/** Lookups and misses of one level of a walk cache. */
export interface LevelSnapshot {
  readonly lookups: number;
  readonly misses: number;
}

/** Lookups and misses of one device in one structure. */
interface DeviceStructureSnapshot {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly missesByCause: Readonly<Record<CauseName, number>> | null;
  readonly staleInWindow: number;
  readonly staleAfterSync: number;
}

/** Counters of one device, by structure that it has used. */
interface DeviceSnapshot {
  readonly sid: number;
  readonly structures: Readonly<Partial<Record<StructureName, DeviceStructureSnapshot>>>;
}

/** Everything that an SMMU counts. */
export interface SmmuSnapshot {
  readonly translations: number;
  readonly faults: number;
  readonly walks: number;
  readonly walkReads: number;
  readonly walkReadsS1: number;
  readonly walkReadsS2: number;
  readonly steFetches: number;
  readonly steL1Fetches: number;
  readonly cdFetches: number;
  readonly cdL1Fetches: number;
  readonly atsRequests: number;
  readonly atcInvalidations: number;
  /** ATC_INVs to a device that had no covered entry. */
  readonly atcUseless: number;
  /** Misses of an infinite TLB, and those of them that an invalidation induced (O23, O46). Null: causes are off. */
  readonly infiniteMisses: number | null;
  readonly invalidationInduced: number | null;
  /** The same of infinite ATCs. */
  readonly atcInvalidationInduced: number | null;
  /** Losses that were forgotten to bound the memory: their keys count as cold when they come back. */
  readonly forgottenLosses: number;
  readonly staleInWindow: number;
  readonly staleAfterSync: number;
  /** Structures that exist. */
  readonly structures: Readonly<Partial<Record<StructureName, StructureSnapshot>>>;
  /** Levels 0, 1, 2 of the walk caches. */
  readonly walkLevels: { readonly s1: readonly LevelSnapshot[]; readonly s2: readonly LevelSnapshot[] };
  readonly devices: readonly DeviceSnapshot[];
}

/** Read all counters of `smmu`. */
export function takeSnapshot(smmu: Smmu): SmmuSnapshot {
  const { walker, configuration } = smmu;
  const hasCauses = smmu.tbus[0].mappings.hasCauses;
  const instances = instancesOf(smmu);
  const structures: Partial<Record<StructureName, StructureSnapshot>> = {};
  STRUCTURE_NAMES.forEach((name, kind) => {
    if (instances[kind].length > 0) structures[name] = readStructure(smmu, kind, instances[kind], hasCauses);
  });
  const all = Object.values(structures);
  const tbuSum = (count: (tbu: Smmu['tbus'][number]) => number): number | null =>
    hasCauses ? sum(smmu.tbus.map(count)) : null;
  const atc = structures.atc?.missesByCause;
  return {
    translations: smmu.translations,
    faults: smmu.faults,
    walks: smmu.walks,
    walkReads: walker.readsS1 + walker.readsS2,
    walkReadsS1: walker.readsS1,
    walkReadsS2: walker.readsS2,
    steFetches: configuration.steFetches,
    steL1Fetches: configuration.steL1Fetches,
    cdFetches: configuration.cdFetches,
    cdL1Fetches: configuration.cdL1Fetches,
    atsRequests: smmu.atsRequests,
    atcInvalidations: smmu.commands.atcInvalidations,
    atcUseless: smmu.commands.atcUseless,
    infiniteMisses: tbuSum((tbu) => tbu.infiniteMisses),
    invalidationInduced: tbuSum((tbu) => tbu.inducedMisses),
    atcInvalidationInduced: hasCauses ? (atc ? atc.invalidated + atc.collateral : 0) : null,
    forgottenLosses: sum([...new Set(instances.flat().map((one) => one.mappings))].map(({ forgotten }) => forgotten)),
    staleInWindow: sum(all.map((one) => one.staleInWindow)),
    staleAfterSync: sum(all.map((one) => one.staleAfterSync)),
    structures,
    walkLevels: { s1: readLevels(smmu.walkS1), s2: readLevels(smmu.walkS2) },
    devices: smmu.devices.sids.map((sid, device) => ({ sid, structures: readDevice(smmu, device, hasCauses) })),
  };
}

/** What `later` counted since `earlier`, both of the same SMMU. `occupancy` and `entries` are those of `later`. */
export function difference(later: SmmuSnapshot, earlier: SmmuSnapshot): SmmuSnapshot {
  const kept = { occupancy: true, entries: true, sid: true };
  return subtract(later, earlier, kept) as SmmuSnapshot;
}

/** The counters of two SMMUs together: numbers add up, devices stand one after the other (a stream has one SMMU). */
export function merged(a: SmmuSnapshot, b: SmmuSnapshot): SmmuSnapshot {
  const { devices, ...counters } = a;
  const { devices: more, ...others } = b;
  return { ...(add(counters, others) as Omit<SmmuSnapshot, 'devices'>), devices: [...devices, ...more] };
}

/** Add numbers leaf by leaf; what one side lacks is the other's. */
function add(a: unknown, b: unknown): unknown {
  if (a === undefined || a === null) return b ?? null;
  if (b === undefined || b === null) return a;
  if (typeof a === 'number') return a + (b as number);
  if (Array.isArray(a)) return a.map((value, index) => add(value, (b as unknown[])[index]));
  const [left, right] = [a, b] as Readonly<Record<string, unknown>>[];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(keys.map((key) => [key, add(left[key], right[key])]));
}

/** Subtract numbers leaf by leaf; what `earlier` lacks counts as zero. */
function subtract(later: unknown, earlier: unknown, kept: Readonly<Record<string, boolean>>): unknown {
  if (typeof later === 'number') return later - (typeof earlier === 'number' ? earlier : 0);
  if (Array.isArray(later)) {
    const before = Array.isArray(earlier) ? earlier : [];
    return later.map((value, index) => subtract(value, before[index], kept));
  }
  if (later === null || typeof later !== 'object') return later;
  const before = (earlier ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(later).map(([key, value]) => [key, kept[key] ? value : subtract(value, before[key], kept)]),
  );
}

/** All instances of each structure, by its index. */
function instancesOf(smmu: Smmu): Structure[][] {
  const present = (list: readonly (Structure | null)[]): Structure[] => list.filter((one) => one !== null);
  return [
    present(smmu.devices.atcs),
    present(smmu.tbus.map((tbu) => tbu.utlb)),
    present(smmu.tbus.map((tbu) => tbu.main)),
    present([smmu.tcu]),
    present([smmu.configuration.cache]),
    [...(smmu.walkS1?.parts ?? [])],
    [...(smmu.walkS2?.parts ?? [])],
    present([smmu.ipa]),
  ];
}

function readStructure(
  smmu: Smmu,
  kind: number,
  instances: readonly Structure[],
  hasCauses: boolean,
): StructureSnapshot {
  const { deviceCounts } = smmu.access;
  const counts = new Float64Array(COUNTERS);
  for (let device = 0; device < smmu.devices.sids.length; device++) {
    const row = (device * STRUCTURE_NAMES.length + kind) * COUNTERS;
    for (let i = 0; i < COUNTERS; i++) counts[i] += deviceCounts[row + i];
  }
  return {
    entries: sum(instances.map((one) => one.cache.entries)),
    ...readRow(counts, 0, hasCauses),
    fills: sum(instances.map((one) => one.cache.fills)),
    evictions: sum(instances.map((one) => one.cache.evictions)),
    invalidated: sum(instances.map((one) => one.cache.invalidated)),
    occupancy: sum(instances.map((one) => one.cache.occupancy)),
  };
}

function readDevice(smmu: Smmu, device: number, hasCauses: boolean): DeviceSnapshot['structures'] {
  const { deviceCounts } = smmu.access;
  const structures: Partial<Record<StructureName, DeviceStructureSnapshot>> = {};
  STRUCTURE_NAMES.forEach((name, kind) => {
    const at = (device * STRUCTURE_NAMES.length + kind) * COUNTERS;
    if (deviceCounts[at + Counter.Lookups] > 0) structures[name] = readRow(deviceCounts, at, hasCauses);
  });
  return structures;
}

function readRow(counts: Float64Array, at: number, hasCauses: boolean): DeviceStructureSnapshot {
  const causes = CAUSE_NAMES.map((name, index) => [name, counts[at + Counter.Cold + index]]);
  return {
    lookups: counts[at + Counter.Lookups],
    hits: counts[at + Counter.Lookups] - counts[at + Counter.Misses],
    misses: counts[at + Counter.Misses],
    missesByCause: hasCauses ? (Object.fromEntries(causes) as Record<CauseName, number>) : null,
    staleInWindow: counts[at + Counter.StaleInWindow],
    staleAfterSync: counts[at + Counter.StaleAfterSync],
  };
}

function readLevels(cache: WalkCache | null): LevelSnapshot[] {
  if (cache === null) return [];
  return Array.from(cache.lookupsByLevel, (lookups, level) => ({ lookups, misses: cache.missesByLevel[level] }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
