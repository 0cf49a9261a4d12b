/**
 * Blocks of shared memory that batches travel in from the thread that decodes to those that replay. A block is used again when
 * every thread has taken what is in it, so that a trace of any length goes through a bounded amount of memory: whoever
 * decodes has to wait when it is too far ahead of the slowest.
 */
import { BATCH_ROWS, type EventBatch } from '../../trace/events.js';
import { EVENT_BYTES, type SharedBatch, shareBatch } from '../../trace/shared-batch.js';

/**
 * Full batches that may be on their way. Threads that are equally fast need no more, and memory that lies between what is kept
 * for long is hard to use again: with 24, a long trace from a pipe took 40 MB more.
 */
const MOST_BATCHES = 6;
const MOST_BYTES = MOST_BATCHES * BATCH_ROWS * EVENT_BYTES;

/** The batches of one trace on their way, in order. */
export class SharedBlocks {
  /** Oldest first. */
  private readonly used: SharedArrayBuffer[] = [];
  private usedBytes = 0;
  private readonly free: SharedArrayBuffer[] = [];
  private onRoom = () => {};

  /** Resolves when there is room for another batch. */
  async room(): Promise<void> {
    while (this.usedBytes >= MOST_BYTES) {
      await new Promise<void>((resolve) => {
        this.onRoom = resolve;
      });
    }
  }

  /** A copy of `batch` in a block. */
  put(batch: EventBatch): SharedBatch {
    return shareBatch(batch, this.take(batch.count * EVENT_BYTES));
  }

  /** The oldest `batches` on their way have been taken by everybody. */
  release(batches: number): void {
    for (const memory of this.used.splice(0, batches)) {
      this.usedBytes -= memory.byteLength;
      this.free.push(memory);
    }
    this.onRoom();
  }

  private take(bytes: number): SharedArrayBuffer {
    const at = this.free.findIndex(({ byteLength }) => byteLength >= bytes);
    // Free blocks that are all too small are let go: they must not add to what is in use.
    if (at < 0) this.free.length = 0;
    const memory = at < 0 ? new SharedArrayBuffer(bytes) : this.free.splice(at, 1)[0];
    this.used.push(memory);
    this.usedBytes += memory.byteLength;
    return memory;
  }
}
