/**
 * Reader of QEMU's `log` trace backend for its Intel IOMMU (`-trace 'vtd_*' -msg timestamp=on -D FILE`).
 *
 * The guest's descriptors are translated to SMMUv3 commands (formats/vtd/descriptor.ts) and the reading is marked so: an
 * emulated VT-d is the only recordable source of ATS invalidations with StreamIDs, addresses and sizes.
 */
import type { EventBatch } from '../../trace/events.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { lineBlocks } from '../text/lines.js';
import { VTD_EVENT_NAMES } from './event-names.js';
import { VtdLogDecoder } from './log-decoder.js';

/** An event name after one of the prefixes of a QEMU log (text/qemu-line-prefix.ts). */
const EVENT_LINE = /^(?:\d+@\d+\.\d{6}:|[-\d]+T[:\d]+\.\d{6}Z )?(vtd_\w+)(?: |$)/;

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  return text.split(/\r?\n/).some((line) => VTD_EVENT_NAMES.has(EVENT_LINE.exec(line)?.[1] ?? ''));
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const decoder = new VtdLogDecoder(context);
  for await (const block of lineBlocks(chunks, context)) {
    decoder.decode(block);
    yield* decoder.sink.takeFull();
  }
  decoder.finish();
  yield* decoder.sink.takeRest();
}

/** QEMU VT-d log reader. */
export const qemuVtdLogReader: TraceReader = {
  name: 'qemu-vtd-log',
  summary: "QEMU's log trace backend, vtd_* events of its Intel IOMMU, translated to SMMUv3 commands",
  sniff,
  read,
};
