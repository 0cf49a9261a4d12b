/**
 * `npm run bench`: decode and replay throughput, peak memory and start-up of the built tool, medians of RUNS runs.
 *
 *   node bench/bench.mjs [LOG]     a QEMU log, default: the largest recording of the repository
 *
 * Every figure is printed with what it was measured on; bench/README.md keeps one such table with the machine it came from.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { max, median, min } from 'simple-statistics';
import { nvmeStream } from './nvme-stream.mjs';
import { startUpMs } from './start-up.mjs';
import { unxz } from './xz.mjs';

const ROOT = join(import.meta.dirname, '..');
const RUNS = 5;
const trace = process.argv[2] ?? join(ROOT, 'traces/bigsg-strict.qemu-7.2.log.xz');
const dist = (file) => import(join(ROOT, 'dist', file));

const rows = [];
/** Run `measure` RUNS times after one that compiles, and keep median, least and greatest. */
async function report(what, unit, measure) {
  await measure();
  const values = [];
  for (let i = 0; i < RUNS; i++) values.push(await measure());
  rows.push({ what, unit, value: median(values), low: min(values), high: max(values) });
}

async function seconds(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const bytes = readFileSync(trace);
const content = trace.endsWith('.xz') ? await unxz(bytes) : bytes;
const name = basename(trace);

// Decode -----------------------------------------------------------------------------------------------------------
const { qemuLogReader } = await dist('readers/qemu-log/reader.js');
const { emptyStatistics } = await dist('readers/reader.js');
async function* chunks(text) {
  for (let at = 0; at < text.length; at += 1 << 18) yield text.subarray(at, at + (1 << 18));
}
async function decode(reader = qemuLogReader, text = content) {
  const context = { file: trace, lenient: false, statistics: emptyStatistics(reader.name) };
  const batches = [];
  for await (const batch of reader.read(chunks(text), context)) batches.push(batch);
  return batches;
}
const megabytes = content.length / 1e6;
await report(
  `decode ${name}, ${megabytes.toFixed(0)} MB of text`,
  'MB/s',
  async () => megabytes / (await seconds(() => decode())),
);

const { ftraceReader } = await dist('readers/ftrace/reader.js');
const { qemuVtdLogReader } = await dist('readers/qemu-vtd-log/reader.js');
for (const [file, reader] of [
  ['bigsg-strict.ftrace.txt.xz', ftraceReader],
  ['vtd-rebind-4ats-k61.ftrace.txt.xz', ftraceReader],
  ['vtd-rebind-4ats-k61.qemu-7.2.log.xz', qemuVtdLogReader],
]) {
  const text = await unxz(readFileSync(join(ROOT, 'traces', file)));
  const size = text.length / 1e6;
  await report(
    `decode ${file}, ${size.toFixed(0)} MB of text`,
    'MB/s',
    async () => size / (await seconds(() => decode(reader, text))),
  );
}

// Replay -----------------------------------------------------------------------------------------------------------
const { Survey } = await dist('replay/survey.js');
const { Replay } = await dist('replay/replay.js');
const { ReplayMetrics } = await dist('metrics/replay-metrics.js');
const { loadProfile } = await dist('profiles/load.js');
const { resolveStrategies } = await dist('strategies/spec.js');
const { createSmmu } = await dist('session/smmu-settings.js');
const profile = loadProfile('neoverse-mmu700');

/** Million events per second of one replay from memory. */
async function replayRate(batches, spec, { safety = true, dma = 'ordered' } = {}) {
  const survey = await Survey.of(
    (async function* () {
      yield* batches;
    })(),
    undefined,
    Number.POSITIVE_INFINITY,
  );
  const [choice] = resolveStrategies([spec]);
  const makeSmmu = (topology) => createSmmu(profile, choice, topology, { seed: 1, safety });
  const options = { pacing: 'closed', dma, warmup: 0, msi: true };
  const took = await seconds(() => {
    const replay = new Replay(choice, profile, survey, makeSmmu, options, new ReplayMetrics());
    for (const batch of batches) replay.consume(batch);
    replay.finish();
  });
  return survey.events / 1e6 / took;
}

const stream = nvmeStream(
  30_000,
  await dist('trace/events.js'),
  await dist('trace/command.js'),
  await dist('trace/opcodes.js'),
);
const recorded = await decode();
// Formats that a trace can be kept in --------------------------------------------------------------------------------
const { readerByName } = await dist('readers/registry.js');
const { writerByName } = await dist('writers/registry.js');
const { writerContext } = await dist('writers/writer.js');
async function written(format) {
  const pieces = [];
  for await (const piece of writerByName(format).write(each(stream), writerContext())) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
async function* each(items) {
  yield* items;
}
async function* halfMebibytes(bytes) {
  for (let at = 0; at < bytes.length; at += 1 << 19) yield bytes.subarray(at, at + (1 << 19));
}
for (const format of ['arrow', 'csv', 'jsonl']) {
  const kept = await written(format);
  const reader = readerByName(format);
  await report(`decode ${format}: NVMe-like stream, ${(kept.length / 1e6).toFixed(0)} MB`, 'M events/s', async () => {
    let events = 0;
    const took = await seconds(async () => {
      const context = { file: format, lenient: false, statistics: emptyStatistics(format) };
      for await (const { count } of reader.read(halfMebibytes(kept), context)) events += count;
    });
    return events / 1e6 / took;
  });
}

for (const [what, batches] of [
  ['NVMe-like stream, 88 % hits', stream],
  [`${name}, 17 % hits`, recorded],
]) {
  for (const spec of ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native']) {
    await report(`replay ${spec}: ${what}; all structures, causes, safety`, 'M events/s', () =>
      replayRate(batches, spec),
    );
  }
}
await report('replay ioctl: NVMe-like stream, --no-safety', 'M events/s', () =>
  replayRate(stream, 'ioctl', { safety: false }),
);
await report('replay ioctl: NVMe-like stream, --dma timed', 'M events/s', () =>
  replayRate(stream, 'ioctl', { dma: 'timed' }),
);

// Whole commands ---------------------------------------------------------------------------------------------------
const run = (args, node = []) =>
  spawnSync(process.execPath, [...node, join(ROOT, 'bin/run.js'), ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
for (const args of [['--version'], ['--help'], ['replay', '--help']]) {
  await report(`start-up: smmuscope ${args.join(' ')}, CPU time`, 'ms', () => startUpMs(args));
}
const compare = ['compare', trace, '--strategies', 'all', '--json', '--quiet'];
await report(`compare ${name}, all strategies, end to end`, 's', () => seconds(() => run(compare)));
await report(`compare ${name}, all strategies: peak RSS`, 'MB', () => {
  const { stderr } = run(compare, ['--import', join(import.meta.dirname, 'peak-rss.mjs')]);
  return Number(/peak RSS (\d+)/.exec(stderr)[1]) / 1e6;
});

const width = max(rows.map(({ what }) => what.length));
const number = (value) => value.toFixed(value < 10 ? 2 : 0).padStart(7);
process.stdout.write(
  `${cpus()[0].model} x ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}; median (least - greatest) of ${RUNS} runs\n`,
);
for (const { what, unit, value, low, high } of rows) {
  process.stdout.write(
    `${what.padEnd(width)} ${number(value)} ${unit} (${number(low).trim()} - ${number(high).trim()})\n`,
  );
}
