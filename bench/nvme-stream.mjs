/**
 * A generated stream with the mix of a recorded NVMe run (30 000 random 4 KiB reads, strict mode, 256 344 translations, 88 % of
 * them hits in a 256-entry TLB): per I/O about eight translations of queue and doorbell pages and one of a fresh data page,
 * then its unmap as TLBI_NH_VA + SYNC behind one doorbell, then the completion. The recording itself is too large to keep here.
 */
import { built } from './built.mjs';

const PAGES_IN_USE = 40;

/** Events of one I/O. */
export const EVENTS_PER_IO = 12;

/**
 * Fresh batches of `ios` I/Os, one after the other. `devices` take turns, each in a domain of its own; the data of I/Os is
 * in `pages` pages in turn.
 */
export async function* nvmeStream(ios, { devices = 1, pages = PAGES_IN_USE } = {}) {
  const { EventBatch, EventKind } = await built('trace/events.js');
  const { encodeCommand } = await built('trace/command.js');
  const { Opcode } = await built('trace/opcodes.js');
  let batch = new EventBatch();
  let line = 0;
  let timeNs = 0;
  const dma = (device, page) => {
    timeNs += 500;
    const row = batch.append(EventKind.Dma, timeNs, ++line);
    batch.sid[row] = 8 * (device + 1);
    batch.asid[row] = device + 1;
    batch.vmid[row] = 0;
    batch.iovaPage[row] = page;
    batch.pageSizeLog2[row] = 12;
    batch.granuleLog2[row] = 12;
  };
  const command = (words) => {
    timeNs += 100;
    batch.vcpu[batch.appendCommand(timeNs, ++line, ...words)] = 0;
  };
  const mark = (kind) => {
    timeNs += 100;
    batch.vcpu[batch.append(kind, timeNs, ++line)] = 0;
  };
  const sync = encodeCommand(Opcode.SYNC);
  for (let io = 0; io < ios; io++) {
    if (batch.count + EVENTS_PER_IO > batch.capacity) {
      yield batch;
      batch = new EventBatch();
    }
    const device = io % devices;
    const data = 0xffff0 - (Math.floor(io / devices) % pages);
    for (let i = 0; i < 8; i++) dma(device, i === 4 ? data : 0xffff8 + ((io + i) % 8));
    command(encodeCommand(Opcode.TLBI_NH_VA, { ASID: device + 1, ADDR: data, TG: 1, TTL: 3, LEAF: 1 }));
    command(sync);
    mark(EventKind.Doorbell);
    mark(EventKind.SyncDone);
  }
  yield batch;
}
