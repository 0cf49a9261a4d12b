/**
 * One set-associative structure: which keys it holds, and which go when it is full.
 *
 * Layout: slot s·ways + w is way w of set s. Lookups go through the hash index of `KeyTable` and are O(1) for any number
 * of ways; sets matter only to who is replaced by whom. The set of an entry comes from the address at the entry's own
 * size, so that the entries of a large page spread like those of a small one (gem5 always uses the 4 KiB bits, M §1.8;
 * that defect is not copied), mixed with a salt of the context (ASID ^ VMID, SID ^ SSID; M §1.3) and of the size (else
 * the first descriptors of all levels of a walk would meet in one set).
 *
 * Invariants: lookups = hits + misses (O41); fills − evictions − invalidated = occupancy ≤ entries (O42).
 */
import { UsageError } from '../../trace/errors.js';
import { blockNumber, HIGH_MASK, LARGEST_LOG2, LOW_MASK } from '../page.js';
import { EVERYTHING, type ReplacementPolicy } from '../policy/policy.js';
import { createPolicy } from '../policy/registry.js';
import type { Scope } from '../scope.js';
import type { ContextTable } from './context-table.js';
import { FreeWays } from './free-ways.js';
import { highSizeOf, KeyTable } from './key-table.js';
import { EMPTY } from './slot-lists.js';

/** Size, shape and policy of a structure. */
export interface CacheGeometry {
  readonly entries: number;
  /** 0 = fully associative. */
  readonly ways: number;
  readonly policy: string;
  readonly seed: number;
}

/** Zero for 4 KiB; any constants that differ will do. */
const SIZE_SALT = Int32Array.from({ length: LARGEST_LOG2 + 1 }, (_, size) => Math.imul(size - 12, 0x9e3779b1) >>> 7);

export class TaggedCache {
  readonly entries: number;
  readonly ways: number;
  readonly sets: number;
  readonly keys: KeyTable;
  occupancy = 0;
  fills = 0;
  evictions = 0;
  invalidated = 0;
  private readonly policy: ReplacementPolicy;
  private readonly notesHits: boolean;
  private readonly free: FreeWays;

  /** @throws UsageError if the ways do not divide the entries */
  constructor(geometry: CacheGeometry, contexts: ContextTable) {
    const { entries } = geometry;
    this.entries = entries;
    this.ways = geometry.ways === 0 ? entries : geometry.ways;
    this.sets = entries / this.ways;
    if (!Number.isInteger(this.sets)) {
      throw new UsageError(`a structure of ${entries} entries cannot have ${geometry.ways} ways: expected a divisor`);
    }
    this.policy = createPolicy(geometry.policy, this.sets, this.ways, geometry.seed);
    this.notesHits = this.policy.notesHits;
    this.keys = new KeyTable(entries, contexts);
    this.free = new FreeWays(this.sets, this.ways);
  }

  /**
   * Slot of the largest entry that holds the page, or EMPTY; a hit counts as a use.
   * With `sizeLog2` > 0 only an entry of that size will do (walk caches, one level at a time).
   */
  lookup(low: number, high: number, context: number, sizeLog2: number): number {
    const slot =
      sizeLog2 === 0
        ? this.keys.find(low, high, context)
        : this.keys.findExact(low & LOW_MASK[sizeLog2], highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2), context);
    if (slot !== EMPTY && this.notesHits) this.policy.hit(slot);
    return slot;
  }

  /**
   * Put the entry of 2^sizeLog2 bytes that holds page `high:low` into its set, evicting if every way is taken. Returns
   * its slot. The caller has looked the page up and missed: the key is not there yet.
   */
  fill(low: number, high: number, sizeLog2: number, context: number): number {
    const set = this.setOf(low, high, sizeLog2, context);
    const slot = this.free.isFull(set) ? this.evictFrom(set) : this.free.take(set);
    this.keys.insert(slot, low & LOW_MASK[sizeLog2], highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2), context);
    this.policy.fill(slot);
    this.occupancy++;
    this.fills++;
    return slot;
  }

  /** Remove every entry that `scope` covers; returns how many. */
  invalidate(scope: Scope): number {
    if (this.occupancy === 0) return 0;
    const count = this.keys.collect(scope);
    const { covered } = this.keys;
    for (let i = 0; i < count; i++) this.vacate(covered[i]);
    this.invalidated += count;
    return count;
  }

  /** The set that an entry of this key belongs to. */
  setOf(low: number, high: number, sizeLog2: number, context: number): number {
    if (this.sets === 1) return 0;
    const { contexts } = this.keys;
    const salt = contexts.group[contexts.groupOf[context]] ^ Math.max(0, contexts.member[context]);
    return ((blockNumber(low, high, sizeLog2) ^ salt ^ SIZE_SALT[sizeLog2]) >>> 0) % this.sets;
  }

  /** Make room in a full set; returns the slot that is now empty and taken. */
  private evictFrom(set: number): number {
    const victim = this.policy.victim(set);
    if (victim !== EVERYTHING) {
      this.policy.drop(victim);
      this.keys.remove(victim);
      this.occupancy--;
      this.evictions++;
      return victim;
    }
    const count = this.keys.collectAll();
    const { covered } = this.keys;
    for (let i = 0; i < count; i++) this.vacate(covered[i]);
    this.evictions += count;
    return this.free.take(set);
  }

  private vacate(slot: number): void {
    this.policy.drop(slot);
    this.keys.remove(slot);
    this.free.give(slot);
    this.occupancy--;
  }
}
