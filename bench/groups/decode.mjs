/** Readers of text alone, on text in memory: no decompression, no digest. Batches are let go as in the tool. */
import { basename } from 'node:path';
import { built, contentOf, eventsOf, recording } from '../built.mjs';
import { rate } from '../measure.mjs';

/** `log`: the QEMU log that the first line is about. */
export async function* decode({ log }) {
  for (const [path, format] of [
    [log, 'qemu-log'],
    [recording('bigsg-strict.ftrace.txt.xz'), 'ftrace'],
    [recording('vtd-rebind-4ats-k61.ftrace.txt.xz'), 'ftrace'],
    [recording('vtd-rebind-4ats-k61.qemu-7.2.log.xz'), 'qemu-vtd-log'],
  ]) {
    const text = await contentOf(path);
    const reader = (await built('formats/registry.js')).readerByName(format);
    const measured = await rate(async () => {
      for await (const _ of eventsOf(reader, text));
      return text.length;
    });
    const what = `decode ${basename(path)}, ${(text.length / 1e6).toFixed(0)} MB of text`;
    yield { id: `decode/${basename(path)}`, what, unit: 'MB/s', ...measured };
  }
}
