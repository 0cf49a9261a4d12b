/**
 * Reader of QEMU's `log` trace backend (`-trace 'smmu*' -msg timestamp=on -D FILE`), QEMU 7.2 to 10.x.
 *
 * Sample lines and the meaning of every event: traces/README.md and facts M §2.6–2.7. Raw command words, NUM and SCALE as
 * sent, CMD_SYNC and ATC_INV arguments are not in such a log; what is rebuilt is flagged on the event.
 */
import type { EventBatch } from '../../trace/events.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { lineBlocks } from '../text/lines.js';
import { QEMU_EVENT_NAMES } from './event-names.js';
import { LogDecoder } from './log-decoder.js';

/**
 * An event name after one of the prefixes of text/qemu-line-prefix.ts:
 *     24726@1795426081.783191:smmuv3_cmdq_consume prod=2 cons=0 prod.wrap=0 cons.wrap=0
 *     2025-07-24T14:12:21.123456Z smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC
 *     smmu_iotlb_inv_all IOTLB invalidate all
 */
const EVENT_LINE = /^(?:\d+@\d+\.\d{6}:|[-\d]+T[:\d]+\.\d{6}Z )?((?:smmu|tegra241_cmdqv)\w*)(?: |$)/;

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  return text.split(/\r?\n/).some((line) => QEMU_EVENT_NAMES.has(EVENT_LINE.exec(line)?.[1] ?? ''));
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const decoder = new LogDecoder(context);
  for await (const block of lineBlocks(chunks, context)) {
    decoder.decode(block);
    yield* decoder.sink.takeFull();
  }
  decoder.finish();
  yield* decoder.sink.takeRest();
}

/** QEMU log reader. */
export const qemuLogReader: TraceReader = {
  name: 'qemu-log',
  summary: "QEMU's log trace backend, smmu* events of QEMU 7.2 to 10.x",
  sniff,
  read,
};
