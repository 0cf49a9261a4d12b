/**
 * Where decoded rows go: fresh batches with times in order, and the line on which the next record begins.
 */
import { ABSENT, BATCH_ROWS, EventBatch, type EventKind } from '../../trace/events.js';

/** Collects rows. */
export class RowSink {
  batch = new EventBatch(BATCH_ROWS);
  /** Time of the first row; -1 before it. */
  firstTimeNs = -1;
  /** Time of the last complete row; infinity when no further row is to be read. */
  lastTimeNs = 0;
  /** Line (or record) on which the next record begins, from 1. */
  nextLine = 1;
  private full: EventBatch[] = [];

  /** Begin a row; its index in `batch`. The caller sets `lastTimeNs` when the row is complete. */
  append(kind: EventKind, timeNs: number, line: number): number {
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    if (this.firstTimeNs < 0) this.firstTimeNs = timeNs;
    return this.batch.append(kind, timeNs, line);
  }

  /** Take the last row back; its slot in the fresh arrays is then as if it had never been used. */
  withdraw(row: number): void {
    const { batch } = this;
    batch.count = row;
    for (const column of Object.values(batch)) {
      if (ArrayBuffer.isView(column)) (column as Uint8Array)[row] = 0;
    }
    batch.vcpu[row] = ABSENT;
  }

  /** Batches that are full by now. */
  takeFull(): EventBatch[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** All that is there, full or not. */
  takeRest(): EventBatch[] {
    const taken = this.takeFull();
    if (this.batch.count === 0) return taken;
    taken.push(this.batch);
    this.batch = new EventBatch(BATCH_ROWS);
    return taken;
  }
}
