/**
 * One round of `--check`, in a process of its own: prints, as JSON, for every figure the most units of work per CPU second
 * of some runs, and the most steps of the calibration loop, which is measured before and after each of them. The best run
 * is the one that others on the machine disturbed least; medians scatter five times as much where others compute as well.
 *
 *   node bench/probe.mjs [FACTOR]    every piece of work takes FACTOR times as long, to see the check fail
 */
import { max } from 'simple-statistics';
import { all, built, contentOf, eventsOf, recording } from './built.mjs';
import { cachesAlone } from './caches-alone.mjs';
import { calibrate } from './calibration.mjs';
import { invalidationStream } from './invalidation-stream.mjs';
import { timed } from './measure.mjs';
import { nvmeStream } from './nvme-stream.mjs';
import { replayer } from './replaying.mjs';

const WARM_UPS = 3;
const RUNS = 7;
const IOS = 30_000;
/** Repetitions of Arrow's work, which is over too soon and whose many loops are compiled late (see groups/formats.mjs). */
const ARROW_TIMES = 12;

const factor = Number(process.argv[2] ?? 1);

async function perCpuSecond(work) {
  let units = 0;
  const { cpuSeconds } = await timed(async () => {
    units = await work();
  });
  return units / cpuSeconds;
}

/** `work`, and computing for `factor` − 1 times the CPU time that it took. */
async function slowed(work) {
  let units = 0;
  const { cpuSeconds } = await timed(async () => {
    units = await work();
  });
  const began = process.cpuUsage();
  let spent = 0;
  while (spent < (factor - 1) * cpuSeconds) {
    const { user, system } = process.cpuUsage(began);
    spent = (user + system) / 1e6;
  }
  return units;
}

let calibration = 0;

async function best(work) {
  for (let i = 0; i < WARM_UPS; i++) await work();
  const rates = [];
  for (let i = 0; i < RUNS; i++) {
    rates.push(await perCpuSecond(factor > 1 ? () => slowed(work) : work));
    calibration = max([calibration, await perCpuSecond(calibrate)]);
  }
  return max(rates);
}

async function decoding(format, content, times = 1) {
  const { readerByName } = await built('formats/registry.js');
  const reader = readerByName(format);
  return async () => {
    let events = 0;
    for (let i = 0; i < times; i++) for await (const { count } of eventsOf(reader, content)) events += count;
    return events;
  };
}

async function written(format, batches) {
  const { writerByName } = await built('formats/output-registry.js');
  const { writerContext } = await built('formats/writer.js');
  return Buffer.concat(await all(writerByName(format).write(batches, writerContext())));
}

const log = await contentOf(recording('rebind-strict.qemu-7.2.log.xz'));
const streamBatches = await all(nvmeStream(IOS));
const stream = await replayer(streamBatches);
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
  'caches alone': await cachesAlone(streamBatches),
  'replay ioctl, ASID-wide invalidations': () => invalidations('ioctl'),
};
for (let i = 0; i < WARM_UPS; i++) calibrate();
const rates = {};
for (const [id, work] of Object.entries(figures)) rates[id] = await best(work);
process.stdout.write(JSON.stringify({ rates, calibration }));
