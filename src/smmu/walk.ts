/**
 * Page-table walks as memory reads by level: stage 1, stage 2, or stage 1 whose every table pointer and result goes
 * through stage 2 (nested). Sequence and sums follow gem5 (facts M §1.4, O24–O26), its defects (M §1.8) do not.
 *
 * Reads from cold: stage 1 or 2 alone one per level; nested (s1 + 1)(s2 + 1) − 1 (24 for 4 + 4 levels). A walk cache is
 * probed from its deepest level up, one latency per probe, and the walk starts below the descriptor it finds.
 *
 * The trace does not say where tables lie or what IPA a page has. Assumed (an estimate): the IPA of a page is its IOVA,
 * and the tables of one level lie side by side in the order of the addresses they map. Only the locality of stage 2
 * lookups depends on it, never the number of reads from cold.
 */
import type { CacheSettings } from '../profiles/cache-parameters.js';
import type { Access } from './access.js';
import { blockNumber, LARGEST_LOG2 } from './page.js';
import type { Structure } from './structures/structure.js';
import type { WalkCache } from './structures/walk-cache.js';
import { coverageLog2, firstLevels, LAST_LEVEL, leafLevel } from './walk-geometry.js';

/** Upper half of the made-up IPA pages of tables (plus the level, −1 to 3) and of context descriptors. */
const TABLE_IPA = 9 << 16;
const DESCRIPTOR_IPA = 14 << 16;

/** The caches that a walk uses; null: not present. */
export interface WalkCaches {
  readonly walkS1: WalkCache | null;
  readonly walkS2: WalkCache | null;
  readonly ipa: Structure | null;
}

export class Walker {
  /** Descriptor reads since construction, of stage 1 and of stage 2. */
  readsS1 = 0;
  readsS2 = 0;
  private readonly access: Access;
  private readonly caches: WalkCaches;
  private readonly setupNs: number;
  private readonly readNs: number;
  /** First level of a walk by granule. */
  private readonly firstS1: Int8Array;
  private readonly firstS2: Int8Array;
  private readonly s2GranuleLog2: number;
  private readonly s2PageLog2: number;
  private readonly cachesNonfinal: boolean;
  /** Stage 2 size and granule of the walk under way. */
  private sizeLog2 = 12;
  private granuleLog2 = 12;
  /** The size, if it is known; else 0. */
  private leafLog2 = 0;

  constructor(settings: CacheSettings, caches: WalkCaches, access: Access) {
    this.access = access;
    this.caches = caches;
    this.setupNs = settings.number('walk.setup_ns');
    this.readNs = settings.number('smmu.mem_latency_ns') + settings.number('walk.read_overhead_ns');
    this.firstS1 = firstLevels(settings.number('walk.s1_levels'));
    this.firstS2 = firstLevels(settings.number('walk.s2_levels'));
    this.s2GranuleLog2 = settings.number('walk.s2_granule_log2');
    this.s2PageLog2 = settings.number('walk.s2_page_log2');
    this.cachesNonfinal = settings.flag('walk.s2_nonfinal');
  }

  /** Walk stage 1 of the access, nested in stage 2 of `s2Context` unless that is negative. Returns ns. */
  stage1(context: number, s2Context: number, faults: boolean): number {
    const { low, high, mappingLog2, leafLog2, granuleLog2 } = this.access;
    const isNested = s2Context >= 0;
    const cache = this.caches.walkS1;
    const first = this.firstS1[granuleLog2];
    const leaf = Math.max(first, leafLevel(mappingLog2, granuleLog2));
    this.sizeLog2 = this.s2PageLog2 || mappingLog2;
    this.leafLog2 = this.s2PageLog2 || leafLog2;
    this.granuleLog2 = this.s2GranuleLog2 || granuleLog2;
    let ns = 0;
    let level = first;
    let isCached = false;
    for (let probe = LAST_LEVEL - 1; cache !== null && probe >= first && !isCached; probe--) {
      if (!cache.holds(probe)) continue;
      ns += cache.latencyNs;
      isCached = cache.lookup(probe, low, high, coverageLog2(probe, granuleLog2), context);
      if (isCached) level = Math.min(probe + 1, leaf);
    }
    if (isNested && !isCached) ns += this.stage2OfTable(level, context, s2Context, faults);
    ns += this.setupNs;
    for (; level <= leaf; level++) {
      this.readsS1++;
      ns += this.readNs;
      if (level === leaf) break;
      if (isNested) ns += this.stage2OfTable(level + 1, context, s2Context, faults);
      if (cache !== null && !faults) cache.fill(level, low, high, coverageLog2(level, granuleLog2), context);
    }
    if (isNested && !faults) ns += this.stage2(low, high, s2Context, true, false);
    return ns;
  }

  /** Walk stage 2 alone for the access, whose address is an IPA. Returns ns. */
  stage2Only(context: number, faults: boolean): number {
    const { access } = this;
    this.sizeLog2 = access.mappingLog2;
    this.leafLog2 = access.leafLog2;
    this.granuleLog2 = access.granuleLog2;
    return this.stage2(access.low, access.high, context, true, faults);
  }

  /**
   * Stage 2 of one of the reads that fetch a context descriptor of stream context `stream`, before any walk. Returns ns.
   */
  stage2OfDescriptor(read: number, stream: number, s2Context: number): number {
    this.sizeLog2 = this.s2PageLog2 || this.access.mappingLog2;
    this.leafLog2 = this.s2PageLog2 || this.access.leafLog2;
    this.granuleLog2 = this.s2GranuleLog2 || this.access.granuleLog2;
    return this.stage2((stream << 1) | read, DESCRIPTOR_IPA, s2Context, false, false);
  }

  /** One stage 2 translation; `isFinal` for the result of a translation, false for a pointer. */
  private stage2(low: number, high: number, context: number, isFinal: boolean, faults: boolean): number {
    const { sizeLog2, granuleLog2 } = this;
    const { ipa } = this.caches;
    let ns = 0;
    if (ipa !== null) {
      ns += ipa.latencyNs;
      if (ipa.lookupOwn(low, high, context)) return ns;
    }
    const cache = isFinal || this.cachesNonfinal ? this.caches.walkS2 : null;
    const first = this.firstS2[granuleLog2];
    const leaf = Math.max(first, leafLevel(sizeLog2, granuleLog2));
    let level = first;
    let isCached = false;
    for (let probe = LAST_LEVEL - 1; cache !== null && probe >= first && !isCached; probe--) {
      if (!cache.holds(probe)) continue;
      ns += cache.latencyNs;
      isCached = cache.lookup(probe, low, high, coverageLog2(probe, granuleLog2), context);
      if (isCached) level = Math.min(probe + 1, leaf);
    }
    ns += this.setupNs;
    for (; level <= leaf; level++) {
      this.readsS2++;
      ns += this.readNs;
      if (level < leaf && cache !== null && !faults) {
        cache.fill(level, low, high, coverageLog2(level, granuleLog2), context);
      }
    }
    if (ipa !== null && !faults) ipa.fillOwn(low, high, sizeLog2, context, this.leafLog2);
    return ns;
  }

  /**
   * Stage 2 of the pointer to the stage 1 table of `level` on the way to the access. Its IPA is made up: 4 bits that no
   * real IPA has, 20 of the context, 28 of the number of the table in its level, shifted by a constant of context and
   * level so that tables spread over the sets of a cache as real ones do.
   */
  private stage2OfTable(level: number, context: number, s2Context: number, faults: boolean): number {
    const { low, high, granuleLog2 } = this.access;
    const table = blockNumber(low, high, Math.min(LARGEST_LOG2, coverageLog2(level - 1, granuleLog2)));
    const start = Math.imul(context * 8 + level + 2, 0x9e3779b1) >>> 4;
    const tableLow = ((table + start) & 0x0fffffff) | (context << 28);
    const tableHigh = ((context >>> 4) & 0xffff) | (TABLE_IPA + (level << 16));
    return this.stage2(tableLow, tableHigh, s2Context, false, faults);
  }
}
