import { EVERYTHING, type ReplacementPolicy } from './policy.js';

/**
 * Empties the whole structure when a fill finds no empty way, then fills. This is QEMU's IOTLB (256 entries, any size,
 * facts M §2.1); it is not LRU (O18, O19).
 */
export class FlushWhenFullPolicy implements ReplacementPolicy {
  readonly notesHits = false;

  hit(_slot: number): void {}

  fill(_slot: number): void {}

  drop(_slot: number): void {}

  victim(_set: number): number {
    return EVERYTHING;
  }
}
