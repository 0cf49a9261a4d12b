/**
 * Traces in memory: a test says what the guest did, in order, without a file.
 */
import { type CommandFields, encodeCommand } from '../../src/trace/command.js';
import { EventBatch, EventFlag, EventKind } from '../../src/trace/events.js';
import { OPCODES, type OpcodeName } from '../../src/trace/opcodes.js';

/** A dma event's particulars; what is left out is absent. */
export interface DmaFields {
  sid?: number;
  ssid?: number;
  asid?: number;
  vmid?: number;
  page: number;
  pageSizeLog2?: number;
  outcome?: number;
  isMsi?: boolean;
}

/** Builds one batch; every method returns the builder. `at` moves the clock, which otherwise stands still. */
export class TraceBuilder {
  readonly batch: EventBatch;
  private timeNs = 0;
  private line = 0;
  private vcpuIndex = 0;

  constructor(capacity = 1 << 16) {
    this.batch = new EventBatch(capacity);
  }

  at(timeNs: number): this {
    this.timeNs = timeNs;
    return this;
  }

  vcpu(index: number): this {
    this.vcpuIndex = index;
    return this;
  }

  cmd(name: OpcodeName, fields: CommandFields = {}): this {
    return this.words(encodeCommand(OPCODES[name], fields));
  }

  words(words: readonly [number, number, number, number], flags = 0): this {
    const row = this.batch.appendCommand(this.timeNs, ++this.line, ...words);
    this.batch.vcpu[row] = this.vcpuIndex;
    this.batch.flags[row] = flags;
    return this;
  }

  /** `count` TLBI_NH_VA of consecutive 4 KiB pages. */
  tlbis(count: number, firstPage = 0x1000): this {
    for (let i = 0; i < count; i++) this.cmd('TLBI_NH_VA', { ASID: 1, ADDR: firstPage + i, TG: 1, TTL: 3, LEAF: 1 });
    return this;
  }

  sync(): this {
    return this.cmd('SYNC');
  }

  doorbell(queue = 0): this {
    const row = this.batch.append(EventKind.Doorbell, this.timeNs, ++this.line);
    this.batch.vcpu[row] = this.vcpuIndex;
    this.batch.queue[row] = queue;
    return this;
  }

  syncDone(): this {
    const row = this.batch.append(EventKind.SyncDone, this.timeNs, ++this.line);
    this.batch.vcpu[row] = this.vcpuIndex;
    return this;
  }

  /** The guest unmaps `pages` pages of 2^`pageSizeLog2` bytes from the 4 KiB page `page` on. */
  unmap(fields: { page: number; pages?: number; pageSizeLog2?: number; asid?: number; sid?: number }): this {
    const row = this.batch.append(EventKind.Unmap, this.timeNs, ++this.line);
    const { batch } = this;
    batch.vcpu[row] = this.vcpuIndex;
    batch.sid[row] = fields.sid ?? -1;
    batch.ssid[row] = -1;
    batch.asid[row] = fields.asid ?? -1;
    batch.vmid[row] = -1;
    batch.iovaPage[row] = fields.page;
    batch.pages[row] = fields.pages ?? 1;
    batch.pageSizeLog2[row] = fields.pageSizeLog2 ?? 12;
    return this;
  }

  dma(fields: DmaFields): this {
    const row = this.batch.append(EventKind.Dma, this.timeNs, ++this.line);
    const { batch } = this;
    batch.sid[row] = fields.sid ?? 8;
    batch.ssid[row] = fields.ssid ?? -1;
    batch.asid[row] = fields.asid ?? 1;
    batch.vmid[row] = fields.vmid ?? 0;
    batch.iovaPage[row] = fields.page;
    batch.pageSizeLog2[row] = fields.pageSizeLog2 ?? 12;
    batch.granuleLog2[row] = 12;
    batch.outcome[row] = fields.outcome ?? 0;
    if (fields.isMsi === true) batch.flags[row] |= EventFlag.Msi;
    return this;
  }
}

/** One doorbell with `count` TLBI_NH_VA and a SYNC. */
export function oneSubmission(count: number): TraceBuilder {
  return new TraceBuilder().tlbis(count).sync().doorbell();
}
