/**
 * The walk cache of one stage: table descriptors by level, so that a walk can start below the first level.
 *
 * The entry of level L is the descriptor read at level L, which points to a table of level L + 1: with L2 cached a 4 KiB
 * walk makes one read (O25). It is filed under (VMID, ASID) for stage 1 and (VMID, none) for stage 2, with the size that
 * one descriptor covers; that size differs for every level and granule, so that it stands for both. The levels share one
 * structure (MMU-700: one WC with counters by level), unless entries are reserved by level (gem5: partitions, M §1.3).
 *
 * TLBIs with LEAF = 1 leave it alone; all others drop every descriptor on the way to the range.
 */
import { Structures } from '../counters.js';
import { Domain, type Scope } from '../scope.js';
import { LAST_LEVEL } from '../walk-geometry.js';
import { type CommonParts, createMappings, createStructure } from './parts.js';
import type { Structure } from './structure.js';

export class WalkCache {
  /** The distinct structures behind the levels. */
  readonly parts: readonly Structure[];
  readonly latencyNs: number;
  /** Lookups and misses by level 0, 1, 2. */
  readonly lookupsByLevel = new Float64Array(LAST_LEVEL);
  readonly missesByLevel = new Float64Array(LAST_LEVEL);
  /** Structure of level 0, 1, 2; null: the level is not cached. */
  private readonly byLevel: readonly (Structure | null)[];

  private constructor(byLevel: readonly (Structure | null)[], latencyNs: number) {
    this.byLevel = byLevel;
    this.parts = [...new Set(byLevel.filter((part) => part !== null))];
    this.latencyNs = latencyNs;
  }

  /** The walk cache of stage 1 or 2, or null if its `enable` is off. */
  static create(common: CommonParts, stage: 1 | 2): WalkCache | null {
    const { settings } = common;
    const prefix = `cache.walk_s${stage}`;
    if (!settings.flag(`${prefix}.enable`)) return null;
    const kind = stage === 1 ? Structures.WalkS1 : Structures.WalkS2;
    const spec = { kind, prefix, domain: Domain.Translation, isTable: true };
    const levels = [0, 1, 2];
    const reserved = levels.map((level) => settings.number(`${prefix}.entries_l${level}`));
    const mask = settings.number(`${prefix}.levels`);
    const isCached = (level: number): boolean => ((mask >> level) & 1) === 1;
    const isShared = reserved.every((entries) => entries === 0);
    const shared = isShared ? createStructure(common, spec) : null;
    const byLevel = levels.map((level) => {
      if (!isCached(level) || isShared) return isCached(level) ? shared : null;
      if (reserved[level] === 0) return null;
      const mappings = createMappings(common, Domain.Translation, true);
      return createStructure(common, { ...spec, entries: reserved[level], mappings });
    });
    return new WalkCache(byLevel, settings.number(`${prefix}.latency_ns`));
  }

  /** True if descriptors of `level` can be cached. */
  holds(level: number): boolean {
    return level >= 0 && level < LAST_LEVEL && this.byLevel[level] !== null;
  }

  /** Look for the descriptor of `level` that covers the page; `sizeLog2` is what such a descriptor covers. */
  lookup(level: number, low: number, high: number, sizeLog2: number, context: number): boolean {
    this.lookupsByLevel[level]++;
    if ((this.byLevel[level] as Structure).lookupOwn(low, high, context, sizeLog2)) return true;
    this.missesByLevel[level]++;
    return false;
  }

  fill(level: number, low: number, high: number, sizeLog2: number, context: number): void {
    if (this.holds(level)) (this.byLevel[level] as Structure).fillOwn(low, high, sizeLog2, context);
  }

  /** Remove every descriptor that a host command covers; returns how many. */
  invalidate(scope: Scope): number {
    if (scope.leafOnly) return 0;
    let removed = 0;
    for (let i = 0; i < this.parts.length; i++) removed += this.parts[i].mappings.invalidate(scope);
    return removed;
  }

  /** Mark every descriptor that a guest command covers. */
  markStale(scope: Scope, mark: number): void {
    if (scope.leafOnly) return;
    for (let i = 0; i < this.parts.length; i++) this.parts[i].markOwnStale(scope, mark);
  }
}
