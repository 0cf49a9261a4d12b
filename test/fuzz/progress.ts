/** Where a run of many inputs stands, so that a run that was ended goes on: blocks of inputs, each counted once. */
import type { FuzzBlock } from './child.js';
import { addTally, emptyTally, type Tally } from './tally.js';

/** Inputs between two notes of progress. */
const BLOCK = 500;

/** What is kept in a file. */
interface KeptProgress {
  /** Seed of the run and digest of its corpus: other inputs are another run. */
  readonly seed: number;
  readonly digest: string;
  /** Inputs up to here have been handed out; those of `open` have not ended. */
  readonly next: number;
  readonly open: readonly FuzzBlock[];
  readonly tally: Tally;
}

/** Hands out blocks and counts them. */
export class Progress {
  private next = 0;
  private readonly open = new Set<FuzzBlock>();
  /** Blocks of an earlier run that did not end. */
  private waiting: FuzzBlock[] = [];
  readonly tally = emptyTally();

  constructor(
    private readonly seed: number,
    private readonly digest: string,
  ) {}

  /** Go on where the run stood that `kept` is of, if it had the same inputs. */
  resume(kept: string): void {
    const earlier = JSON.parse(kept) as KeptProgress;
    if (earlier.seed !== this.seed || earlier.digest !== this.digest) return;
    this.next = earlier.next;
    this.waiting = [...earlier.open];
    addTally(this.tally, earlier.tally);
  }

  /** The next block of `inputs` in all; undefined if all are handed out. */
  take(inputs: number): FuzzBlock | undefined {
    const block = this.waiting.shift() ?? { from: this.next, to: Math.min(this.next + BLOCK, inputs) };
    if (block.from >= block.to) return undefined;
    this.next = Math.max(this.next, block.to);
    this.open.add(block);
    return block;
  }

  /** `block`, as `take` gave it, has ended and came to `tally`. */
  end(block: FuzzBlock, tally: Tally): void {
    this.open.delete(block);
    addTally(this.tally, tally);
  }

  /** Text for `resume`. */
  kept(): string {
    const { seed, digest, next, tally } = this;
    const kept: KeptProgress = { seed, digest, next, open: [...this.open, ...this.waiting], tally };
    return JSON.stringify(kept);
  }
}
