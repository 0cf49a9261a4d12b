/**
 * One round of `--check`, in a process of its own: prints, as JSON, for every figure units of work per CPU second divided
 * by steps of the calibration loop per CPU second, both measured in turn.
 */
import { median } from 'simple-statistics';
import { all, built, contentOf, eventsOf, recording } from './built.mjs';
import { calibrate } from './calibration.mjs';
import { invalidationStream } from './invalidation-stream.mjs';
import { timed } from './measure.mjs';
import { nvmeStream } from './nvme-stream.mjs';
import { replayer } from './replaying.mjs';

const WARM_UPS = 3;
const RUNS = 7;
const IOS = 30_000;
/** Repetitions of a piece of work that is over too soon. */
const ARROW_TIMES = 4;

async function perCpuSecond(work) {
  let units = 0;
  const { cpuSeconds } = await timed(async () => {
    units = await work();
  });
  return units / cpuSeconds;
}

async function ratio(work) {
  for (let i = 0; i < WARM_UPS; i++) await work();
  const ratios = [];
  for (let i = 0; i < RUNS; i++) {
    const before = await perCpuSecond(calibrate);
    const rate = await perCpuSecond(work);
    const after = await perCpuSecond(calibrate);
    ratios.push((2 * rate) / (before + after));
  }
  return median(ratios);
}

async function decoding(format, content, times = 1) {
  const { readerByName } = await built('readers/registry.js');
  const reader = readerByName(format);
  return async () => {
    let events = 0;
    for (let i = 0; i < times; i++) for await (const { count } of eventsOf(reader, content)) events += count;
    return events;
  };
}

async function written(format, batches) {
  const { writerByName } = await built('writers/registry.js');
  const { writerContext } = await built('writers/writer.js');
  return Buffer.concat(await all(writerByName(format).write(batches, writerContext())));
}

const log = await contentOf(recording('rebind-strict.qemu-7.2.log.xz'));
const stream = await replayer(await all(nvmeStream(IOS)));
const invalidations = await replayer(await all(invalidationStream({ held: 1024, fresh: 16, rounds: 10_000 })));
const figures = {
  'decode qemu-log': await decoding('qemu-log', log),
  'decode arrow': await decoding('arrow', await written('arrow', nvmeStream(IOS)), ARROW_TIMES),
  'decode csv': await decoding('csv', await written('csv', nvmeStream(IOS / 3))),
  'replay ioctl': () => stream('ioctl'),
  'replay sw-vcmdq': () => stream('sw-vcmdq'),
  'replay hw-vcmdq': () => stream('hw-vcmdq'),
  'replay native': () => stream('native'),
  'replay ioctl --dma timed': () => stream('ioctl', { dma: 'timed' }),
  'replay ioctl, ASID-wide invalidations': () => invalidations('ioctl'),
};
for (let i = 0; i < WARM_UPS; i++) calibrate();
const ratios = {};
for (const [id, work] of Object.entries(figures)) ratios[id] = await ratio(work);
process.stdout.write(JSON.stringify(ratios));
