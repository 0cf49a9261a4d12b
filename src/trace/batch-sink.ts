/**
 * Collects rows into fresh batches: the output side of everything that writes events rather than reads them (transforms,
 * generated workloads). Times never go back: a row that is due earlier than the one before it takes that one's time.
 */
import { BATCH_ROWS, EventBatch, EventKind } from './events.js';

/** After each call the new row is row `row` of `batch`. */
export class BatchSink {
  batch = new EventBatch(BATCH_ROWS);
  row = -1;
  /** Time of the latest row, ns. */
  lastNs = 0;
  private full: EventBatch[] = [];

  /** Append a row of `kind` with every other column absent or zero. */
  append(kind: EventKind, timeNs: number, line: number): EventBatch {
    this.makeRoom();
    if (timeNs > this.lastNs) this.lastNs = timeNs;
    this.row = this.batch.append(kind, this.lastNs, line);
    return this.batch;
  }

  /** Append a copy of row `from` of `source`. */
  copy(source: EventBatch, from: number): void {
    this.append(source.kind[from] as EventKind, source.timeNs[from], source.line[from]);
    const { batch, row } = this;
    batch.vcpu[row] = source.vcpu[from];
    batch.queue[row] = source.queue[from];
    batch.cmd0Low[row] = source.cmd0Low[from];
    batch.cmd0High[row] = source.cmd0High[from];
    batch.cmd1Low[row] = source.cmd1Low[from];
    batch.cmd1High[row] = source.cmd1High[from];
    batch.sid[row] = source.sid[from];
    batch.ssid[row] = source.ssid[from];
    batch.asid[row] = source.asid[from];
    batch.vmid[row] = source.vmid[from];
    batch.iovaPage[row] = source.iovaPage[from];
    batch.iovaOffset[row] = source.iovaOffset[from];
    batch.pageSizeLog2[row] = source.pageSizeLog2[from];
    batch.granuleLog2[row] = source.granuleLog2[from];
    batch.pages[row] = source.pages[from];
    batch.access[row] = source.access[from];
    batch.outcome[row] = source.outcome[from];
    batch.flags[row] = source.flags[from];
  }

  /** Append a `cmd` row. */
  command(
    timeNs: number,
    line: number,
    vcpu: number,
    queue: number,
    words: readonly [number, number, number, number],
  ): void {
    const batch = this.append(EventKind.Cmd, timeNs, line);
    const { row } = this;
    batch.vcpu[row] = vcpu;
    batch.queue[row] = queue;
    batch.cmd0Low[row] = words[0];
    batch.cmd0High[row] = words[1];
    batch.cmd1Low[row] = words[2];
    batch.cmd1High[row] = words[3];
  }

  /** Append a `doorbell` or `sync-done` row. */
  signal(kind: EventKind, timeNs: number, line: number, vcpu: number, queue: number): void {
    const batch = this.append(kind, timeNs, line);
    batch.vcpu[this.row] = vcpu;
    batch.queue[this.row] = queue;
  }

  /** Batches that are full by now; they are the caller's from here on. */
  takeFull(): EventBatch[] {
    if (this.full.length === 0) return this.full;
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** All that is left, at the end. */
  takeRest(): EventBatch[] {
    const taken = this.takeFull();
    if (this.batch.count > 0) {
      taken.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    this.full = [];
    return taken;
  }

  private makeRoom(): void {
    if (!this.batch.isFull) return;
    this.full.push(this.batch);
    this.batch = new EventBatch(BATCH_ROWS);
  }
}
