/**
 * `npm run bench`: throughput, scaling, memory and start-up of the built tool; USAGE below is what `--help` prints.
 * Every figure is printed with what it was measured on; bench/figures keeps one set, with the machine it came from.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, recording } from './built.mjs';
import { check, RATIOS, update } from './check.mjs';
import { writeFigures } from './figures.mjs';
import { commands } from './groups/commands.mjs';
import { decode } from './groups/decode.mjs';
import { formats } from './groups/formats.mjs';
import { COMMAND_NAMES, memory } from './groups/memory.mjs';
import { replay } from './groups/replay.mjs';
import { CURVE_IDS, scaling } from './groups/scaling.mjs';

/** Each yields its figures: `id`, `what` was measured, `unit`, and what measure.mjs returns. */
const GROUPS = { decode, formats, replay, commands, scaling, memory };
const NAMES = Object.keys(GROUPS);

const USAGE = `Measure the built tool (npm run build first; npm run bench does it).

  npm run bench -- [GROUP…] [options]
  npm run bench -- --check | --update

GROUP       ${NAMES.join(', ')}; default: all, each in a process of its own
--log LOG   the QEMU log that is decoded, replayed and compared; default: the largest recording of the repository
--events N  the one length of trace to measure in memory (1e8 takes minutes), the greatest of the curve of events in scaling
--at WHAT   scaling: one curve (ID) or one point of it (ID=VALUE), of ${CURVE_IDS.join(', ')}; memory: one command
--write     keep what the groups print in bench/figures, and the table of bench/README.md
--check     compare ratios to a calibration loop with those in bench/ratios.json; exit code 1 if one has fallen
--update    measure those ratios and store them; exit code 1, and nothing stored, if they scatter too much
--slowdown FACTOR  with --check: make all work take FACTOR times as long, to see the check fail
`;

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1));

/** A wrong command line: one sentence and exit code 2. */
function refuse(sentence) {
  process.stderr.write(`bench: ${sentence}\n`);
  process.exit(2);
}

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        log: { type: 'string', default: recording('bigsg-strict.qemu-7.2.log.xz') },
        events: { type: 'string' },
        at: { type: 'string' },
        write: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
        slowdown: { type: 'string' },
        'no-heading': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(`${error.message.split('. ')[0]} (--help lists the options)`);
  }
}

const { values: options, positionals } = commandLine();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (!existsSync(join(ROOT, 'dist'))) refuse('expected the built tool in dist/, found none; npm run build makes it');
if (!existsSync(options.log)) refuse(`--log: expected a QEMU log, found no file ${options.log}`);
const unknown = positionals.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) refuse(`expected a group of ${NAMES.join(', ')}, found ${unknown}`);
const events = options.events === undefined ? undefined : Number(options.events);
if (events !== undefined && !(Number.isInteger(events) && events >= 1e4)) {
  refuse(`--events: expected a whole number from 10000, found ${options.events}`);
}
const names = positionals.length === 0 ? NAMES : positionals;
for (const part of ['at', 'events']) {
  if (options.write && options[part] !== undefined) refuse(`--write: expected whole groups, found --${part}`);
}
if (options.at !== undefined) checkAt(options.at);

/** `--at` names a part of the one group that is measured. */
function checkAt(at) {
  const parts = names.length > 1 ? undefined : { scaling: CURVE_IDS, memory: COMMAND_NAMES }[names[0]];
  if (parts === undefined) refuse('--at: expected one group, scaling or memory, before it');
  const [part, value] = at.split('=');
  const isValue = value === undefined || (names[0] === 'scaling' && Number(value) > 0);
  if (!parts.includes(part) || !isValue) refuse(`--at: expected one of ${parts.join(', ')}, found ${at}`);
}

const WIDTH = 104;
const number = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Print the figures of one group. */
async function run(name) {
  for await (const figure of GROUPS[name]({ ...options, events })) process.stdout.write(`${line(figure)}\n`);
}

function line({ what, unit, value, low, high, runs, perCpuSecond }) {
  const figure = `${number(value).padStart(7)} ${unit}${runs === 1 ? '' : ` (${number(low)} - ${number(high)}) n = ${runs}`}`;
  const cpu = perCpuSecond === undefined ? '' : `, ${number(perCpuSecond)} per CPU second`;
  return `${what.padEnd(WIDTH)} ${figure}${cpu}`;
}

/**
 * Each group has a process of its own, so that what one compiled and kept does not change the figures of the next.
 * Returns what it printed.
 */
async function runAlone(name) {
  const passed = ['--log', options.log, ...(events === undefined ? [] : ['--events', String(events)])];
  const group = spawn(process.execPath, [import.meta.filename, name, '--no-heading', ...passed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  group.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
    process.stdout.write(text);
  });
  const [status] = await once(group, 'close');
  if (status !== 0) process.exit(status ?? 1);
  return printed;
}

/** What the figures that follow were measured on. */
function heading() {
  const machine = `${cpus()[0].model} x ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
  return `${machine}, load ${loadavg()[0].toFixed(1)}; median (least - greatest) of n runs\n`;
}

async function runGroups() {
  if (!options['no-heading']) process.stdout.write(heading());
  if (names.length === 1 && !options.write) return run(names[0]);
  for (const name of names) {
    const before = heading();
    const printed = await runAlone(name);
    if (options.write) writeFigures(name, before + printed);
  }
}

const slowdown = Number(options.slowdown ?? 1);
if (!(slowdown >= 1)) refuse(`--slowdown: expected a factor from 1, found ${options.slowdown}`);
if (options.slowdown !== undefined && !options.check) refuse('--slowdown: expected --check beside it');
if (options.check && !options.update && !existsSync(RATIOS)) {
  refuse('--check: expected bench/ratios.json, found none; --update makes it');
}
if (options.update && !update()) process.exit(1);
if (options.check && !check(slowdown)) process.exitCode = 1;
if (!options.update && !options.check) await runGroups();
