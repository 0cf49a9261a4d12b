/**
 * `npm run bench`: decode and replay throughput, peak memory and start-up of the built tool, medians of RUNS runs.
 *
 *   node bench/bench.mjs [TRACE]     TRACE defaults to the largest recording of the repository
 *
 * Every figure is printed with what it was measured on; bench/README.md keeps a table with the machine it came from.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { median } from 'simple-statistics';
import { unxz } from './xz.mjs';

const ROOT = join(import.meta.dirname, '..');
const RUNS = 5;
const trace = process.argv[2] ?? join(ROOT, 'traces/bigsg-strict.qemu-7.2.log.xz');
const dist = (file) => import(join(ROOT, 'dist', file));

const rows = [];
const report = (what, value, unit) => rows.push({ what, value, unit });

async function medianOf(run) {
  const values = [];
  await run(); // the first run compiles
  for (let i = 0; i < RUNS; i++) values.push(await run());
  return median(values);
}

const seconds = async (work) => {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
};

async function text(file) {
  const bytes = readFileSync(file);
  return file.endsWith('.xz') ? unxz(bytes) : bytes;
}

const { qemuLogReader } = await dist('readers/qemu-log/reader.js');
const { emptyStatistics } = await dist('readers/reader.js');
const content = await text(trace);
const megabytes = content.length / 1e6;

async function* chunked(bytes) {
  for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18));
}
const decode = async (keep) => {
  const context = { file: trace, lenient: false, statistics: emptyStatistics('qemu-log') };
  let events = 0;
  for await (const batch of qemuLogReader.read(chunked(content), context)) {
    events += batch.count;
    keep?.push(batch);
  }
  return events;
};
report(
  `decode QEMU log (${basename(trace)}, ${megabytes.toFixed(0)} MB of text)`,
  megabytes / (await medianOf(() => seconds(decode))),
  'MB/s',
);

const batches = [];
const events = await decode(batches);
const { Survey } = await dist('replay/survey.js');
const { Replay } = await dist('replay/replay.js');
const { ReplayMetrics } = await dist('metrics/replay-metrics.js');
const { loadProfile } = await dist('profiles/load.js');
const { resolveStrategies } = await dist('strategies/spec.js');
const { createSmmu } = await dist('session/smmu-settings.js');
const { strategyNames } = await dist('strategies/registry.js');
const profile = loadProfile('neoverse-mmu700');
const survey = await Survey.of(
  (async function* () {
    yield* batches;
  })(),
);
const replayOnce = (name, safety) => {
  const [choice] = resolveStrategies([name]);
  const replay = new Replay(
    choice,
    profile,
    survey,
    (topology) => createSmmu(profile, choice, topology, { seed: 1, safety }),
    { pacing: 'closed', warmup: 0, msi: true },
    new ReplayMetrics(),
  );
  for (const batch of batches) replay.consume(batch);
  replay.finish();
};
for (const name of strategyNames()) {
  const rate = events / 1e6 / (await medianOf(() => seconds(() => replayOnce(name, true))));
  report(`replay ${name} from memory (${events} events, all caches, causes, safety)`, rate, 'M events/s');
}
report(
  'replay ioctl without safety oracle',
  events / 1e6 / (await medianOf(() => seconds(() => replayOnce('ioctl', false)))),
  'M events/s',
);

const spawn = (args) => spawnSync(process.execPath, [join(ROOT, 'bin/run.js'), ...args], { encoding: 'utf8' });
for (const args of [['--version'], ['--help'], ['replay', '--help']]) {
  report(`start-up: smmuscope ${args.join(' ')}`, 1e3 * (await medianOf(() => seconds(() => spawn(args)))), 'ms');
}
const rss = spawnSync(
  process.execPath,
  [
    '--import',
    join(import.meta.dirname, 'peak-rss.mjs'),
    join(ROOT, 'bin/run.js'),
    'compare',
    trace,
    '--strategies',
    'all',
    '--json',
    '--quiet',
  ],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
);
report(
  `compare of all strategies end to end (${basename(trace)}): peak RSS`,
  Number(/peak RSS (\d+)/.exec(rss.stderr)?.[1] ?? Number.NaN) / 1e6,
  'MB',
);
report(
  `compare of all strategies end to end (${basename(trace)})`,
  await seconds(() => spawn(['compare', trace, '--strategies', 'all', '--json', '--quiet'])),
  's',
);

const width = Math.max(...rows.map(({ what }) => what.length));
process.stdout.write(
  `${cpus()[0].model} × ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, medians of ${RUNS} runs\n`,
);
for (const { what, value, unit } of rows)
  process.stdout.write(`${what.padEnd(width)}  ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}\n`);
