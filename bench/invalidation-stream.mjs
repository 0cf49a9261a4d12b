/** Streams that show what an ASID-wide invalidation costs, by what the caches hold. */
import { built } from './built.mjs';

/** Distance of the pages, in 4 KiB pages, from the ones of the other address space. */
const FIRST_PAGE = 0x10000;

/**
 * `held` pages of ASID 1 are translated, then `rounds` times: `fresh` pages of ASID 2 are translated and TLBI_NH_ASID of
 * ASID 2 is sent with a SYNC. With `fresh` 0 the invalidation finds nothing to remove.
 */
export async function* invalidationStream({ held, fresh, rounds }) {
  const { EventBatch, EventKind } = await built('trace/events.js');
  const { encodeCommand } = await built('trace/command.js');
  const { Opcode } = await built('trace/opcodes.js');
  const tlbi = encodeCommand(Opcode.TLBI_NH_ASID, { ASID: 2 });
  const sync = encodeCommand(Opcode.SYNC);
  let batch = new EventBatch();
  let full;
  let line = 0;
  let timeNs = 0;
  const room = () => {
    timeNs += 100;
    line++;
    if (!batch.isFull) return;
    full = batch;
    batch = new EventBatch();
  };
  const dma = (asid, page) => {
    room();
    const row = batch.append(EventKind.Dma, timeNs, line);
    batch.sid[row] = 8 * asid;
    batch.asid[row] = asid;
    batch.vmid[row] = 0;
    batch.iovaPage[row] = FIRST_PAGE + page;
    batch.pageSizeLog2[row] = 12;
    batch.granuleLog2[row] = 12;
  };
  const command = (words) => {
    room();
    batch.vcpu[batch.appendCommand(timeNs, line, ...words)] = 0;
  };
  const mark = (kind) => {
    room();
    batch.vcpu[batch.append(kind, timeNs, line)] = 0;
  };
  const taken = () => {
    const was = full;
    full = undefined;
    return was;
  };
  for (let page = 0; page < held; page++) {
    dma(1, page);
    if (full !== undefined) yield taken();
  }
  for (let round = 0; round < rounds; round++) {
    for (let page = 0; page < fresh; page++) {
      dma(2, page);
      if (full !== undefined) yield taken();
    }
    command(tlbi);
    command(sync);
    mark(EventKind.Doorbell);
    mark(EventKind.SyncDone);
    if (full !== undefined) yield taken();
  }
  yield batch;
}
