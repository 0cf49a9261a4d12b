/**
 * Collects decoded rows into fresh batches and keeps their times in order.
 */
import { BATCH_ROWS, EventBatch, type EventKind } from '../../trace/events.js';

/** Batches that are kept back while it is open when the rows in them took place. */
const MAX_HELD_BATCHES = 8;

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
  // Rows whose times are open: from `heldRow` of `heldBatch` on, none earlier than `heldFromNs`.
  private heldBatch: EventBatch | undefined;
  private heldRow = 0;
  private heldFromNs = 0;
  private held = 0;

  /** Append a row of `kind` at `timeNs`; a row that was completed late takes the time of the row before it. */
  append(kind: EventKind, timeNs: number, line: number): EventBatch {
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
      // Counted in rows, not in what was taken meanwhile: the result must not depend on how the log was cut into blocks.
      if (this.heldBatch !== undefined && this.full.length - this.full.indexOf(this.heldBatch) > MAX_HELD_BATCHES) {
        this.heldBatch = undefined;
      }
    }
    if (this.orderOnly) this.lastTimeNs = this.ordinal++;
    else if (timeNs > this.lastTimeNs) this.lastTimeNs = timeNs;
    this.row = this.batch.append(kind, this.lastTimeNs, line);
    return this.batch;
  }

  /** The times of the rows from here on are open. @returns a ticket for `drawForward`, until `hold` is called again */
  hold(): number {
    this.heldBatch = this.batch;
    this.heldRow = this.batch.count;
    this.heldFromNs = this.lastTimeNs;
    return ++this.held;
  }

  /** No row since the call of `hold` that gave `ticket` took place after `timeNs`. Too many of them keep their times. */
  drawForward(ticket: number, timeNs: number): void {
    const { heldBatch, full, batch } = this;
    if (ticket !== this.held || heldBatch === undefined) return;
    this.heldBatch = undefined;
    if (this.orderOnly) return;
    const latestNs = Math.max(timeNs, this.heldFromNs);
    let row = this.heldRow;
    for (let at = full.indexOf(heldBatch); at >= 0 && at < full.length; at++, row = 0) clamp(full[at], row, latestNs);
    clamp(batch, row, latestNs);
    if (this.lastTimeNs > latestNs) this.lastTimeNs = latestNs;
  }

  /** Batches that are full, and of whose rows the times are settled, by now. */
  takeFull(): EventBatch[] {
    const taken = this.full;
    const held = this.heldBatch === undefined ? -1 : taken.indexOf(this.heldBatch);
    this.full = held < 0 ? [] : taken.splice(held);
    return taken;
  }

  /** All that is left, at the end of the log. */
  takeRest(): EventBatch[] {
    this.heldBatch = undefined;
    const taken = this.takeFull();
    if (this.batch.count > 0) taken.push(this.batch);
    this.batch = new EventBatch(0);
    return taken;
  }
}

function clamp({ timeNs, count }: EventBatch, from: number, latestNs: number): void {
  for (let row = from; row < count; row++) if (timeNs[row] > latestNs) timeNs[row] = latestNs;
}
