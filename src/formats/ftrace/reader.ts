/**
 * Reader of ftrace text: /sys/kernel/tracing/trace, `trace-cmd report` and `perf script` of the same events.
 *
 * Events: a kprobe on arm_smmu_cmdq_issue_cmdlist with its raw command words (or on qi_submit_sync of an x86 guest with
 * VT-d, whose descriptors are translated), the kretprobe on its return, iommu:map and iommu:unmap. How to record them and
 * the layouts of the words: docs/recording.md.
 */
import type { EventBatch } from '../../trace/events.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { lineBlocks } from '../text/lines.js';
import { FtraceDecoder } from './ftrace-decoder.js';

/** The header of a trace file, or an event line after its task: CPU, perhaps flags, time, name. */
const TRACER_HEADER = /^# tracer: \w+$/;
const EVENT_LINE = /^\s*\S.*[\s/-]\d+\)? +\[\d{1,5}\] +(?:[.\w]+ +)?\d{1,12}(?:\.\d{1,9})?: +[A-Za-z_][\w.:-]*: /;

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  return text.split(/\r?\n/).some((line) => TRACER_HEADER.test(line) || EVENT_LINE.test(line.slice(0, 200)));
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const decoder = new FtraceDecoder(context);
  for await (const block of lineBlocks(chunks, context)) {
    decoder.decode(block);
    yield* decoder.sink.takeFull();
  }
  decoder.finish();
  yield* decoder.sink.takeRest();
}

/** ftrace reader. */
export const ftraceReader: TraceReader = {
  name: 'ftrace',
  summary: 'ftrace, trace-cmd report or perf script text with the probes of docs/recording.md',
  sniff,
  read,
};
