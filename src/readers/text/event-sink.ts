/**
 * Collects decoded rows into fresh batches and keeps their times in order.
 */
import { BATCH_ROWS, EventBatch, type EventKind } from '../../trace/events.js';

/** Where decoded events go. After `append` the new row is row `row` of `batch`. */
export class EventSink {
  batch = new EventBatch(BATCH_ROWS);
  row = 0;
  /**
   * True when the log has no time base: every event's time is then its ordinal, from 0. Decided by the reader before
   * the first event.
   */
  orderOnly = false;
  private ordinal = 0;
  private lastTimeNs = 0;
  private full: EventBatch[] = [];

  /** Append a row of `kind` at `timeNs`; a row that was completed late takes the time of the row before it. */
  append(kind: EventKind, timeNs: number, line: number): EventBatch {
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    if (this.orderOnly) this.lastTimeNs = this.ordinal++;
    else if (timeNs > this.lastTimeNs) this.lastTimeNs = timeNs;
    this.row = this.batch.append(kind, this.lastTimeNs, line);
    return this.batch;
  }

  /** Batches that are full by now. */
  takeFull(): EventBatch[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** All that is left, at the end of the log. */
  takeRest(): EventBatch[] {
    const taken = this.takeFull();
    if (this.batch.count > 0) taken.push(this.batch);
    this.batch = new EventBatch(0);
    return taken;
  }
}
