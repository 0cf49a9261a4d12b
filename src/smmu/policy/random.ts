import type { ReplacementPolicy } from './policy.js';

/** Random way, from one seeded xorshift32 generator per structure: the same seed gives the same victims. */
export class RandomPolicy implements ReplacementPolicy {
  readonly notesHits = false;
  private readonly ways: number;
  private state: number;

  constructor(_sets: number, ways: number, seed: number) {
    this.ways = ways;
    this.state = Math.imul((seed | 0) ^ 0x243f6a88, 0x9e3779b1) || 1;
  }

  hit(_slot: number): void {}

  fill(_slot: number): void {}

  drop(_slot: number): void {}

  victim(set: number): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return set * this.ways + ((state >>> 0) % this.ways);
  }
}
