/** Replays from memory, one strategy at a time: the two extremes of hit ratio, then what single features cost. */
import { basename } from 'node:path';
import { all, built, contentOf, eventsOf } from '../built.mjs';
import { cachesAlone } from '../caches-alone.mjs';
import { rate } from '../measure.mjs';
import { nvmeStream } from '../nvme-stream.mjs';
import { replayer } from '../replaying.mjs';

const STRATEGIES = ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native'];
/** 1.2 million events: what is paid once, such as the first fills of tables, does not show. */
const IOS = 100_000;
/** The caches alone are through sooner, and compiled later. */
const CACHES_WARM_UPS = 10;

/** `log`: the QEMU log that is replayed beside the generated stream. */
export async function* replay({ log }) {
  const { readerByName } = await built('readers/registry.js');
  const streamBatches = await all(nvmeStream(IOS));
  const logBatches = await all(eventsOf(readerByName('qemu-log'), await contentOf(log)));
  const generated = await replayer(streamBatches);
  const recorded = await replayer(logBatches);
  for (const [source, what, run] of [
    ['stream', 'NVMe-like stream, 88 % hits', generated],
    ['recording', basename(log), recorded],
  ]) {
    for (const spec of STRATEGIES) {
      const measured = await rate(() => run(spec));
      const line = `replay ${spec}: ${what}; all structures, causes, safety`;
      yield { id: `replay/${spec}-${source}`, what: line, unit: 'M events/s', ...measured };
    }
  }
  for (const [flag, options] of [
    ['--no-safety', { safety: false }],
    ['--dma timed', { dma: 'timed' }],
  ]) {
    const measured = await rate(() => generated('ioctl', options));
    yield {
      id: `replay/ioctl ${flag}`,
      what: `replay ioctl: NVMe-like stream, ${flag}`,
      unit: 'M events/s',
      ...measured,
    };
  }
  for (const [source, what, batches] of [
    ['stream', 'NVMe-like stream', streamBatches],
    ['recording', basename(log), logBatches],
  ]) {
    const measured = await rate(await cachesAlone(batches), { warmUps: CACHES_WARM_UPS });
    const line = `caches alone: ${what}; main TLB, order only`;
    yield { id: `replay/caches-${source}`, what: line, unit: 'M events/s', ...measured };
  }
}
