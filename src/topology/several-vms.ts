/**
 * Several VMs from one trace: copies of it, each a fixed time behind the one before, merged into one stream of events.
 *
 * Copy k of n is VM k of the host. Its vCPUs and queues are interleaved (vCPU v becomes v·n + k), its StreamIDs are moved
 * up by k · VM_SIDS, and its VMID v becomes v·n + k, in the words of its commands too: what the host puts in for a nested
 * guest. A CFGI_ALL becomes the CFGI_STE_RANGE of the VM's own streams. ASIDs and IOVAs stay: VMs may use the same ones.
 */
import { CFGI_RANGE_ALL, cfgiRangeOf } from '../trace/command.js';
import { UsageError } from '../trace/errors.js';
import { BATCH_ROWS, EventBatch, EventKind } from '../trace/events.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { VM_SIDS } from './topology.js';

/** Copies to make. */
export interface SeveralVms {
  /** VMs, 1 … 256. */
  readonly vms: number;
  /** How far each copy is behind the one before, ns. */
  readonly shiftNs: number;
}

/** Events that may be held until the last copy has passed them: about 90 bytes each. */
const HELD_EVENTS = 1 << 21;
const VM_SIDS_LOG2 = 24;

/** Where one copy stands. */
interface Cursor {
  /** Batch, counted from the first one still held, and row in it. */
  batch: number;
  row: number;
}

/**
 * Merge `vms` copies of `batches` by time; of events at one time, those of the lower VM come first.
 * @throws UsageError if the shift would hold too many events, or a StreamID or VMID leaves no room for the VMs
 */
export async function* severalVms(
  batches: AsyncIterable<EventBatch>,
  { vms, shiftNs }: SeveralVms,
): AsyncGenerator<EventBatch, void, void> {
  if (vms === 1) {
    yield* batches;
    return;
  }
  const merge = new VmMerge(vms, shiftNs);
  for await (const batch of batches) {
    merge.take(batch);
    yield* merge.ready(false);
  }
  yield* merge.ready(true);
}

/** The held part of the trace, and the copies' places in it. */
class VmMerge {
  private readonly held: EventBatch[] = [];
  private heldEvents = 0;
  private readonly cursors: Cursor[];
  private out = new EventBatch(BATCH_ROWS);

  constructor(
    private readonly vms: number,
    private readonly shiftNs: number,
  ) {
    this.cursors = Array.from({ length: vms }, () => ({ batch: 0, row: 0 }));
  }

  take(batch: EventBatch): void {
    if (batch.count === 0) return;
    this.held.push(batch);
    this.heldEvents += batch.count;
    if (this.heldEvents > HELD_EVENTS) {
      throw new UsageError(
        `--vm-shift: expected at most ${HELD_EVENTS} events between the first and the last of ${this.vms} VMs, found more; give a shorter one`,
      );
    }
  }

  /** What can be said of the merged stream: all of it at the end, else up to the first copy's last event. */
  *ready(isEnd: boolean): Generator<EventBatch, void, void> {
    for (let vm = this.next(isEnd); vm >= 0; vm = this.next(isEnd)) {
      this.copyRun(vm, isEnd);
      if (!this.out.isFull) continue;
      yield this.out;
      this.out = new EventBatch(BATCH_ROWS);
    }
    if (!isEnd || this.out.count === 0) return;
    yield this.out;
  }

  /** The copy whose turn it is; -1 if the first copy has to read on, or all have ended. */
  private next(isEnd: boolean): number {
    let best = -1;
    let bestNs = Number.POSITIVE_INFINITY;
    for (let vm = 0; vm < this.vms; vm++) {
      const ns = this.timeNs(vm);
      if (ns === Number.POSITIVE_INFINITY && !isEnd && vm === 0) return -1;
      if (ns < bestNs) {
        best = vm;
        bestNs = ns;
      }
    }
    return best;
  }

  private timeNs(vm: number): number {
    const { batch, row } = this.cursors[vm];
    const at = this.held[batch];
    return at === undefined ? Number.POSITIVE_INFINITY : at.timeNs[row] + vm * this.shiftNs;
  }

  /** Copy rows of `vm` for as long as it is its turn and there is room. */
  private copyRun(vm: number, isEnd: boolean): void {
    do {
      this.copyRow(vm);
      this.step(vm);
    } while (!this.out.isFull && this.next(isEnd) === vm);
  }

  private step(vm: number): void {
    const cursor = this.cursors[vm];
    if (++cursor.row < this.held[cursor.batch].count) return;
    cursor.row = 0;
    cursor.batch++;
    // The last copy has passed its oldest batch: nobody needs it any more.
    while (this.held.length > 0 && this.cursors.every(({ batch }) => batch > 0)) {
      this.heldEvents -= this.held[0].count;
      this.held.shift();
      for (const other of this.cursors) other.batch--;
    }
  }

  private copyRow(vm: number): void {
    const { vms, out, cursors, held } = this;
    const { batch, row } = cursors[vm];
    const from = held[batch];
    const to = out.count;
    out.copyRow(from, row);
    out.timeNs[to] = from.timeNs[row] + vm * this.shiftNs;
    out.queue[to] = from.queue[row] * vms + vm;
    out.vcpu[to] = Math.max(0, from.vcpu[row]) * vms + vm;
    if (from.kind[row] === EventKind.Cmd) this.renumberCommand(to, vm);
    else if (from.sid[row] >= 0) {
      out.sid[to] = sidOfVm(from.sid[row], vm);
      out.vmid[to] = vmidOfVm(Math.max(0, from.vmid[row]), vms, vm);
    }
  }

  private renumberCommand(to: number, vm: number): void {
    const { out, vms } = this;
    const opcode = out.cmd0Low[to] & 0xff;
    const kind = opcodeClass(opcode);
    if (kind === 'tlbi') {
      const vmid = vmidOfVm(out.cmd0High[to] & 0xffff, vms, vm);
      out.cmd0High[to] = ((out.cmd0High[to] & 0xffff0000) | vmid) >>> 0;
    } else if (opcode === Opcode.CFGI_STE_RANGE && cfgiRangeOf(out.cmd1Low[to]) >= VM_SIDS_LOG2) {
      out.cmd0High[to] = vm * VM_SIDS;
      out.cmd1Low[to] = (out.cmd1Low[to] & ~CFGI_RANGE_ALL) | (VM_SIDS_LOG2 - 1);
    } else if (kind === 'config' || kind === 'atc' || kind === 'prefetch' || kind === 'response') {
      out.cmd0High[to] = sidOfVm(out.cmd0High[to] >>> 0, vm);
    }
  }
}

function sidOfVm(sid: number, vm: number): number {
  if (sid < VM_SIDS) return sid + vm * VM_SIDS;
  throw new UsageError(`--vms: expected StreamIDs below 0x${VM_SIDS.toString(16)}, found 0x${sid.toString(16)}`);
}

function vmidOfVm(vmid: number, vms: number, vm: number): number {
  const own = vmid * vms + vm;
  if (own <= 0xffff) return own;
  throw new UsageError(`--vms: expected VMIDs that leave room for ${vms} VMs in 16 bits, found ${vmid}`);
}
