/**
 * What `--write` keeps: the figures of a group as it printed them, in figures/GROUP.txt, and the one table of README.md, whose
 * rows are lines of those files beside what is aimed at.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'figures');
const PAGE = join(import.meta.dirname, 'README.md');
const BEGIN = '<!-- table: npm run bench -- --write -->\n';
const END = '<!-- end of table -->\n';

/** The rows: the group, how its line begins, what a reader calls it, and the target. */
const ROWS = [
  ['decode', 'decode bigsg-strict.qemu', 'QEMU log decoded', '≥ 150 MB/s'],
  ['decode', 'decode bigsg-strict.ftrace', 'ftrace decoded', '≥ 80 MB/s'],
  ['formats', 'decode csv', 'CSV decoded', ''],
  ['formats', 'decode arrow: NVMe', 'Arrow decoded', ''],
  [
    'replay',
    'replay ioctl: NVMe-like stream, 88 % hits; all',
    'replay of an NVMe-like stream, `ioctl`',
    '≥ 5 M events/s',
  ],
  ['replay', 'replay hw-vcmdq: NVMe-like', 'the same, `hw-vcmdq`', '≥ 5 M events/s'],
  ['replay', 'replay sw-vcmdq: NVMe-like', 'the same, `sw-vcmdq`', '≥ 5 M events/s'],
  ['replay', 'replay ioctl: bigsg-strict', 'replay of a recording where five of six miss, `ioctl`', ''],
  ['replay', 'caches alone: NVMe-like', 'the main TLB alone, same stream', '≥ 12 M events/s'],
  ['commands', 'start-up: smmuscope --help', '`--help`, CPU time', '≤ 250 ms where Node alone takes 50'],
  [
    'commands',
    'compare nvme-3000000-events.arrow, ten strategies  ',
    '`compare` of ten strategies over one',
    '≤ 6 times',
  ],
  ['memory', 'generate nic-ring, 1e+7 events | compare', 'peak memory, `compare` of all on 10^7 events', '≤ 300 MB'],
  ['scaling', 'CPU time per event: 100000000 events', 'CPU time per event of 10^8', ''],
];

/** Keep `text`, what group `name` printed, and draw the table anew. */
export function writeFigures(name, text) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(name), text);
  writeTable();
}

const fileOf = (group) => join(FOLDER, `${group}.txt`);

function writeTable() {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`bench/README.md: expected ${BEGIN.trim()} and ${END.trim()} behind it`);
  const rows = ROWS.map(([group, begin, title, target]) => `| ${title} | ${figureOf(group, begin)} | ${target} |\n`);
  const table = `| what | measured | target |\n|---|---|---|\n${rows.join('')}`;
  writeFileSync(PAGE, `${page.slice(0, from)}${BEGIN}\n${table}\n${page.slice(to)}`);
}

/** The figure of the line that begins so, with unit, spread and runs: two blanks or more are before it (bench.mjs). */
function figureOf(group, begin) {
  if (!existsSync(fileOf(group))) return 'not measured';
  const line = readFileSync(fileOf(group), 'utf8')
    .split('\n')
    .find((one) => one.startsWith(begin));
  if (line === undefined)
    throw new Error(`bench/figures/${group}.txt: expected a line that begins with ${begin.trim()}`);
  const [figure] = line.split(/ {2,}/).at(-1).split(', ');
  return figure;
}
