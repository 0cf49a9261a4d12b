/**
 * What a trace is: six kinds of event in columns (design §3).
 *
 * Columns at rest, batches in motion. A reader fills `EventBatch`es and hands them on; consumers hoist the columns they
 * need into constants and walk `0 … count-1` with a plain loop. The raw 128-bit command words are the truth of a `cmd`
 * event; every field of a command is decoded from them (see command.ts).
 */

/** Event kinds, the values of `EventBatch.kind`. */
export const enum EventKind {
  /** One 128-bit guest command written into a queue; invisible to the SMMU until a doorbell publishes it. */
  Cmd = 0,
  /** A PROD write: everything before it on that queue becomes visible. */
  Doorbell = 1,
  /** The guest saw its CMD_SYNC complete. */
  SyncDone = 2,
  /** A device asks for a translation. */
  Dma = 3,
  /** The guest maps `pages` pages of `pageSizeLog2` at the IOVA. */
  Map = 4,
  /** The guest unmaps `pages` pages of `pageSizeLog2` at the IOVA. */
  Unmap = 5,
}

/** CSV and JSON spelling of each kind, indexed by its value. */
export const EVENT_NAMES: readonly string[] = ['cmd', 'doorbell', 'sync-done', 'dma', 'map', 'unmap'];

/** Access of a `dma` event. QEMU logs do not tell reads from writes. */
export const enum Access {
  Unknown = 0,
  Read = 1,
  Write = 2,
  ReadWrite = 3,
}

/**
 * What the recorder's own SMMU made of a `dma` event. Hit and miss are an oracle only and never steer the replay; the
 * other values say that no translation took place or that it failed, which the replay must respect.
 */
export const enum Outcome {
  Unknown = 0,
  /** The recorder's TLB held the translation. */
  Hit = 1,
  /** The recorder's TLB missed and the walk succeeded. */
  Miss = 2,
  /** The recorder's TLB missed and the walk faulted: nothing may be filled. */
  Fault = 3,
  /** The stream's STE says bypass: no lookup. */
  Bypass = 4,
  /** The stream's STE says abort: no lookup. */
  Abort = 5,
  /** The SMMU was off: no lookup. */
  Disabled = 6,
}

/** CSV spelling of each outcome, indexed by its value. */
export const OUTCOME_NAMES: readonly string[] = ['', 'hit', 'miss', 'fault', 'bypass', 'abort', 'disabled'];

/** Bits of `EventBatch.flags`. */
export const enum EventFlag {
  /** A `dma` that is a message-signalled interrupt (a write to the ITS doorbell). */
  Msi = 1,
  /** A `cmd` whose words were rebuilt from decoded lines (the recorder did not keep the raw words). */
  Reconstructed = 2,
  /** A `cmd` of which the recorder kept only the opcode: SID, address or range are not known. */
  OpcodeOnly = 4,
  /** A `dma` translated by stage 2 only (a stage-2-only guest; its tag is the VMID). */
  Stage2 = 8,
  /** The recorder's configuration cache hit for this `dma`. */
  ConfigHit = 16,
  /** The recorder's configuration cache missed for this `dma`. */
  ConfigMiss = 32,
  /**
   * A `cmd` that names only StreamIDs for which the recorder, an accelerated vSMMU, has no device of the host (no
   * vDEVICE): it emulates the command and asks nothing of the host (facts N26 §E1).
   */
  NoVdevice = 64,
  /** An `unmap` whose invalidation a transform has put off (`--guest-lazy`): it counts as an unmap and asks for nothing. */
  Deferred = 128,
}

/** A field that the recorder did not give. */
export const ABSENT = -1;

/** Rows in a batch that readers build. */
export const BATCH_ROWS = 8192;

/** Bytes of one row in all columns: five of 8 bytes, nine of 4, one of 2 and six of 1. */
const ROW_BYTES = 84;

/** Columns of up to `capacity` events; rows `0 … count-1` are valid. One value per row unless said otherwise. */
export class EventBatch {
  readonly capacity: number;
  count = 0;
  /** EventKind. */
  readonly kind: Uint8Array;
  /** Time in integer ns, never decreasing within a trace. */
  readonly timeNs: Float64Array;
  /** Line (text formats) or record number of the event in its source, counted from 1. */
  readonly line: Float64Array;
  /** vCPU (the thread that rang the doorbell), densely numbered from 0; ABSENT if unknown. */
  readonly vcpu: Int32Array;
  /** Guest command queue; 0 is the main queue. */
  readonly queue: Int32Array;
  /** cmd: bits 31:0 and 63:32 of the first word, then of the second word. */
  readonly cmd0Low: Uint32Array;
  readonly cmd0High: Uint32Array;
  readonly cmd1Low: Uint32Array;
  readonly cmd1High: Uint32Array;
  /** dma, map, unmap: StreamID (up to 32 bits), SubstreamID, ASID, VMID; ABSENT if unknown. */
  readonly sid: Float64Array;
  readonly ssid: Int32Array;
  readonly asid: Int32Array;
  readonly vmid: Int32Array;
  /** dma, map, unmap: IOVA as 4 KiB page number and offset in that page. */
  readonly iovaPage: Float64Array;
  readonly iovaOffset: Uint16Array;
  /** dma, map, unmap: log2 of the bytes that the mapping's page or block covers; 0 = not known. */
  readonly pageSizeLog2: Uint8Array;
  /** dma: log2 of the translation granule (12, 14, 16); 0 = not known. */
  readonly granuleLog2: Uint8Array;
  /** map, unmap: number of pages of `pageSizeLog2`. */
  readonly pages: Float64Array;
  /** Access of a dma. */
  readonly access: Uint8Array;
  /** Outcome of a dma. */
  readonly outcome: Uint8Array;
  /** EventFlag bits. */
  readonly flags: Uint8Array;

  /**
   * All columns lie in one block of memory, wide ones first, so that each begins at a multiple of its element size. One
   * block of the same size per batch goes back to the system, or into the next batch, in one piece: 21 blocks of four
   * sizes left gaps that nothing fitted.
   */
  constructor(capacity: number = BATCH_ROWS) {
    this.capacity = capacity;
    const memory = new ArrayBuffer(capacity * ROW_BYTES);
    let used = 0;
    const next = (elementBytes: number): number => {
      const begin = used;
      used += capacity * elementBytes;
      return begin;
    };
    this.timeNs = new Float64Array(memory, next(8), capacity);
    this.line = new Float64Array(memory, next(8), capacity);
    this.sid = new Float64Array(memory, next(8), capacity);
    this.iovaPage = new Float64Array(memory, next(8), capacity);
    this.pages = new Float64Array(memory, next(8), capacity);
    this.vcpu = new Int32Array(memory, next(4), capacity);
    this.queue = new Int32Array(memory, next(4), capacity);
    this.cmd0Low = new Uint32Array(memory, next(4), capacity);
    this.cmd0High = new Uint32Array(memory, next(4), capacity);
    this.cmd1Low = new Uint32Array(memory, next(4), capacity);
    this.cmd1High = new Uint32Array(memory, next(4), capacity);
    this.ssid = new Int32Array(memory, next(4), capacity);
    this.asid = new Int32Array(memory, next(4), capacity);
    this.vmid = new Int32Array(memory, next(4), capacity);
    this.iovaOffset = new Uint16Array(memory, next(2), capacity);
    this.kind = new Uint8Array(memory, next(1), capacity);
    this.pageSizeLog2 = new Uint8Array(memory, next(1), capacity);
    this.granuleLog2 = new Uint8Array(memory, next(1), capacity);
    this.access = new Uint8Array(memory, next(1), capacity);
    this.outcome = new Uint8Array(memory, next(1), capacity);
    this.flags = new Uint8Array(memory, next(1), capacity);
  }

  /** True when no further row fits. */
  get isFull(): boolean {
    return this.count === this.capacity;
  }

  /** Append a row of `kind` with every other column absent or zero; returns its index. The caller checks `isFull`. */
  append(kind: EventKind, timeNs: number, line: number): number {
    const row = this.count++;
    this.kind[row] = kind;
    this.timeNs[row] = timeNs;
    this.line[row] = line;
    this.vcpu[row] = ABSENT;
    this.sid[row] = ABSENT;
    this.ssid[row] = ABSENT;
    this.asid[row] = ABSENT;
    this.vmid[row] = ABSENT;
    return row;
  }

  /** Append a copy of row `row` of `from`; returns its index. The caller checks `isFull`. */
  copyRow(from: EventBatch, row: number): number {
    const to = this.append(from.kind[row] as EventKind, from.timeNs[row], from.line[row]);
    this.vcpu[to] = from.vcpu[row];
    this.queue[to] = from.queue[row];
    this.cmd0Low[to] = from.cmd0Low[row];
    this.cmd0High[to] = from.cmd0High[row];
    this.cmd1Low[to] = from.cmd1Low[row];
    this.cmd1High[to] = from.cmd1High[row];
    this.sid[to] = from.sid[row];
    this.ssid[to] = from.ssid[row];
    this.asid[to] = from.asid[row];
    this.vmid[to] = from.vmid[row];
    this.iovaPage[to] = from.iovaPage[row];
    this.iovaOffset[to] = from.iovaOffset[row];
    this.pageSizeLog2[to] = from.pageSizeLog2[row];
    this.granuleLog2[to] = from.granuleLog2[row];
    this.pages[to] = from.pages[row];
    this.access[to] = from.access[row];
    this.outcome[to] = from.outcome[row];
    this.flags[to] = from.flags[row];
    return to;
  }

  /** Append a `cmd` row that carries the four 32-bit parts of the command; returns its index. */
  appendCommand(timeNs: number, line: number, c0Low: number, c0High: number, c1Low: number, c1High: number): number {
    const row = this.append(EventKind.Cmd, timeNs, line);
    this.cmd0Low[row] = c0Low;
    this.cmd0High[row] = c0High;
    this.cmd1Low[row] = c1Low;
    this.cmd1High[row] = c1High;
    return row;
  }
}
