/**
 * `npm run bench`: throughput, memory and start-up of the built tool.
 *
 *   node bench/bench.mjs [GROUP…] [--log LOG] [--long]
 *   node bench/bench.mjs --check | --update      against stored ratios, see check.mjs
 *
 * GROUP is one of the names below, default: all. --long measures the greatest traces as well, which takes half an hour. LOG is a QEMU log, default: the largest recording of the repository.
 * Every figure is printed with what it was measured on; bench/README.md keeps one such table with the machine it came from.
 */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { recording } from './built.mjs';
import { check, update } from './check.mjs';
import { commands } from './groups/commands.mjs';
import { decode } from './groups/decode.mjs';
import { formats } from './groups/formats.mjs';
import { memory } from './groups/memory.mjs';
import { replay } from './groups/replay.mjs';
import { scaling } from './groups/scaling.mjs';

/** Each yields its figures: `id`, `what` was measured, `unit`, and what measure.mjs returns. */
const GROUPS = { decode, formats, replay, scaling, commands, memory };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    log: { type: 'string', default: recording('bigsg-strict.qemu-7.2.log.xz') },
    check: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    'no-heading': { type: 'boolean', default: false },
  },
});
if (options.check || options.update) {
  if (options.update) update();
  process.exit(options.check && !check() ? 1 : 0);
}
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);
const unknown = names.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) {
  process.stderr.write(`bench: expected ${Object.keys(GROUPS).join(', ')}, found ${unknown}\n`);
  process.exit(2);
}

const WIDTH = 96;
const number = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Print the figures of one group. */
async function run(name) {
  for await (const { what, unit, value, low, high, runs, perCpuSecond } of GROUPS[name](options)) {
    const figure = `${number(value).padStart(7)} ${unit} (${number(low)} - ${number(high)}) n = ${runs}`;
    const cpu = perCpuSecond === undefined ? '' : `, ${number(perCpuSecond)} per CPU second`;
    process.stdout.write(`${what.padEnd(WIDTH)} ${figure}${cpu}\n`);
  }
}

/** Each group has a process of its own, so that what one compiled and kept does not change the figures of the next. */
function runAlone(name) {
  const args = [import.meta.filename, name, '--log', options.log, '--no-heading', ...(options.long ? ['--long'] : [])];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!options['no-heading']) {
  process.stdout.write(
    `${cpus()[0].model} x ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ` +
      `load ${loadavg()[0].toFixed(1)}; median (least - greatest) of n runs\n`,
  );
}
if (names.length === 1) await run(names[0]);
else for (const name of names) runAlone(name);
