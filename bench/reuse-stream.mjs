/** Translations of one device that reuse pages unevenly, so that the hit ratio grows with the TLB over its whole range. */
import { built } from './built.mjs';

/** How uneven: page `pages * u ** SKEW` for u from 0 to 1. */
const SKEW = 4;

/** `events` translations over `pages` pages, the same every time. */
export async function* reuseStream(events, pages) {
  const { EventBatch, EventKind } = await built('trace/events.js');
  let batch = new EventBatch();
  let state = 1;
  for (let event = 0; event < events; event++) {
    if (batch.isFull) {
      yield batch;
      batch = new EventBatch();
    }
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const row = batch.append(EventKind.Dma, 500 * event, event + 1);
    batch.sid[row] = 8;
    batch.asid[row] = 1;
    batch.vmid[row] = 0;
    batch.iovaPage[row] = 0x10000 + Math.floor(pages * (state / 2 ** 32) ** SKEW);
    batch.pageSizeLog2[row] = 12;
    batch.granuleLog2[row] = 12;
  }
  yield batch;
}
