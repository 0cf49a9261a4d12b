import type { ReplacementPolicy } from './policy.js';

/**
 * Round robin: each set has its own pointer, which moves on by one way per eviction and is not moved by hits or fills of
 * empty ways. (gem5 shares one pointer between all sets, facts M §1.3; that is not copied.)
 */
export class RoundRobinPolicy implements ReplacementPolicy {
  readonly notesHits = false;
  private readonly ways: number;
  private readonly pointer: Int32Array;

  constructor(sets: number, ways: number) {
    this.ways = ways;
    this.pointer = new Int32Array(sets);
  }

  hit(_slot: number): void {}

  fill(_slot: number): void {}

  drop(_slot: number): void {}

  victim(set: number): number {
    const way = this.pointer[set];
    this.pointer[set] = way + 1 === this.ways ? 0 : way + 1;
    return set * this.ways + way;
  }
}
