/**
 * What the structures of one SMMU have in common, and how each is put together from its parameters.
 */
import type { CacheSettings } from '../../profiles/cache-parameters.js';
import type { Access } from '../access.js';
import type { ContextTable } from '../cache/context-table.js';
import { Mappings } from '../cache/mappings.js';
import type { CacheGeometry } from '../cache/tagged-cache.js';
import type { PendingCommands } from '../causes/pending-commands.js';
import { STRUCTURE_NAMES } from '../counters.js';
import type { StaleUse } from '../safety/stale-use.js';
import { Domain } from '../scope.js';
import { Structure } from './structure.js';

/** Shared by all structures of one SMMU. */
export interface CommonParts {
  readonly settings: CacheSettings;
  readonly access: Access;
  /** (VMID, ASID or none): translations, walk caches, IPA cache. */
  readonly translations: ContextTable;
  /** (SID, SSID or none): ATCs and configurations. */
  readonly streams: ContextTable;
  /** Null: causes are off. */
  readonly pending: PendingCommands | null;
  /** Null: the stale-use oracle is off. */
  readonly staleUse: StaleUse | null;
  readonly seed: number;
}

/** How one structure differs from the others. */
export interface StructureSpec {
  /** Index in STRUCTURE_NAMES. */
  readonly kind: number;
  /** Parameter prefix: `tlb.main`. */
  readonly prefix: string;
  readonly domain: Domain;
  readonly isTable?: boolean;
  /** Instead of PREFIX.entries. */
  readonly entries?: number;
  /** Shared with other structures that see the same fills; absent = of its own. */
  readonly mappings?: Mappings | undefined;
}

/** The mappings of structures of `domain`. */
export function createMappings(common: CommonParts, domain: Domain, isTable = false): Mappings {
  const contexts = domain === Domain.Translation ? common.translations : common.streams;
  return new Mappings(contexts, domain, isTable, common.pending);
}

/** The structure that `spec` names, or null if its `enable` is off. */
export function createStructure(common: CommonParts, spec: StructureSpec): Structure | null {
  const { settings } = common;
  const { prefix, domain } = spec;
  if (!settings.flag(`${prefix}.enable`)) return null;
  const isTable = spec.isTable ?? false;
  const entries = spec.entries ?? settings.number(`${prefix}.entries`);
  const ways = settings.number(`${prefix}.ways`);
  const geometry: CacheGeometry = {
    entries,
    ways: spec.entries !== undefined && ways > entries ? 0 : ways,
    policy: settings.text(`${prefix}.policy`),
    seed: common.seed * STRUCTURE_NAMES.length + spec.kind,
  };
  return new Structure({
    kind: spec.kind,
    isTable,
    geometry,
    mappings: spec.mappings ?? createMappings(common, domain, isTable),
    latencyNs: settings.number(`${prefix}.latency_ns`),
    access: common.access,
    staleUse: common.staleUse,
  });
}
