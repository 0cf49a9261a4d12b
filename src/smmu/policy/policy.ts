/**
 * The contract of a replacement policy: which entry of a full set has to go.
 *
 * A structure of S sets with W ways has S·W slots; slot s·W + w is way w of set s. The structure owns keys, hash index
 * and empty ways; the policy owns only the order among the occupied slots of a set.
 */

/** `victim` of a policy that empties the whole structure instead of one way. */
export const EVERYTHING = -1;

/**
 * Contract (who calls what, in which order; the caller is always TaggedCache):
 * - `hit(slot)` after a lookup found `slot`; only if `notesHits` (policies that ignore hits save the call);
 * - `fill(slot)` after a new key was put into `slot`;
 * - `drop(slot)` before the key of an occupied `slot` is taken away, by invalidation or eviction;
 * - `victim(set)` only if every way of `set` is occupied; an empty way is always used first. The caller then drops the
 *   named slot (or, for EVERYTHING, every occupied slot of the structure) and fills;
 * - nothing is allocated after construction, and equal calls from equal states give equal answers.
 */
export interface ReplacementPolicy {
  /** False if `hit` does nothing. */
  readonly notesHits: boolean;
  hit(slot: number): void;
  fill(slot: number): void;
  drop(slot: number): void;
  /** The slot to evict from the full `set`, or EVERYTHING. */
  victim(set: number): number;
}
