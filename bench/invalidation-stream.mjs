/** Streams that show what an invalidation of a whole ASID or VMID costs, by what the caches hold and by what it removes. */
import { built } from './built.mjs';

/** Distance of the pages, in 4 KiB pages, from the ones of the other address space. */
const FIRST_PAGE = 0x10000;

/** Time from one event to the next, ns. */
export const EVENT_NS = 100;
/** Events of a round beside its translations: the invalidation, SYNC, doorbell, completion. */
export const ROUND_EVENTS = 4;

/**
 * `held` pages of the first address space are translated, then `rounds` times: `fresh` pages of the second one are
 * translated, and an invalidation of all of it is sent with a SYNC. With `fresh` 0 it finds nothing to remove.
 * `by`: ASID (two ASIDs of one VM, TLBI_NH_ASID) or VMID (two VMs, TLBI_S12_VMALL).
 */
export async function* invalidationStream({ held, fresh, rounds, by = 'ASID' }) {
  const { EventBatch, EventKind } = await built('trace/events.js');
  const { encodeCommand } = await built('trace/command.js');
  const { Opcode } = await built('trace/opcodes.js');
  const tlbi =
    by === 'ASID' ? encodeCommand(Opcode.TLBI_NH_ASID, { ASID: 2 }) : encodeCommand(Opcode.TLBI_S12_VMALL, { VMID: 2 });
  const sync = encodeCommand(Opcode.SYNC);
  let batch = new EventBatch();
  let full;
  let line = 0;
  let timeNs = 0;
  const room = () => {
    timeNs += EVENT_NS;
    line++;
    if (!batch.isFull) return;
    full = batch;
    batch = new EventBatch();
  };
  const dma = (space, page) => {
    room();
    const row = batch.append(EventKind.Dma, timeNs, line);
    batch.sid[row] = 8 * space;
    batch.asid[row] = by === 'ASID' ? space : 1;
    batch.vmid[row] = by === 'ASID' ? 0 : space;
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
