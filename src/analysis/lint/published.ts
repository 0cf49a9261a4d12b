/**
 * Walks a trace by submissions: what several rules look at.
 */
import { type EventBatch, EventKind } from '../../trace/events.js';

/** Called in trace order. Absent: not of interest. */
export interface SubmissionVisitor {
  /** A command was written. */
  command?(batch: EventBatch, row: number): void;
  /** A doorbell published the commands that were written into its queue since the last one. */
  doorbell?(batch: EventBatch, row: number): void;
  syncDone?(batch: EventBatch, row: number): void;
  dma?(batch: EventBatch, row: number): void;
  map?(batch: EventBatch, row: number): void;
}

/** Call `visitor` for the rows of `batch`. */
export function visit(batch: EventBatch, visitor: SubmissionVisitor): void {
  const { kind, count } = batch;
  for (let row = 0; row < count; row++) {
    switch (kind[row]) {
      case EventKind.Cmd:
        visitor.command?.(batch, row);
        break;
      case EventKind.Doorbell:
        visitor.doorbell?.(batch, row);
        break;
      case EventKind.SyncDone:
        visitor.syncDone?.(batch, row);
        break;
      case EventKind.Dma:
        visitor.dma?.(batch, row);
        break;
      case EventKind.Map:
        visitor.map?.(batch, row);
        break;
    }
  }
}
