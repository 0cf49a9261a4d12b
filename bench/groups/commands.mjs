/** Whole processes of the tool: start-up, and comparisons from file to document. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RUNS, spread, timed } from '../measure.mjs';
import { startUpMs } from '../start-up.mjs';
import { smmuscope } from '../tool.mjs';

const CPU_TIME = join(import.meta.dirname, '../cpu-time.cjs');
/** So long that start-up and compilation no longer hide what a strategy costs. */
const GENERATED_EVENTS = 3_000_000;
const PEAK_RSS = join(import.meta.dirname, '../peak-rss.mjs');

/** `log`: the recording that is compared. */
export async function* commands({ log }) {
  for (const args of [['--version'], ['--help'], ['replay', '--help']]) {
    const values = [];
    for (let run = 0; run < RUNS; run++) values.push(startUpMs(args));
    const what = `start-up: smmuscope ${args.join(' ')}, CPU time`;
    yield { id: `commands/${args.join(' ')}`, what, unit: 'ms', ...spread(values) };
  }
  yield* comparisons(log, 'recording');
  const folder = mkdtempSync(join(tmpdir(), 'smmuscope-bench-'));
  try {
    const generated = join(folder, `nvme-${GENERATED_EVENTS}-events.arrow`);
    smmuscope(['generate', 'nvme', generated, '--events', String(GENERATED_EVENTS)]);
    yield* comparisons(generated, 'generated');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Comparisons that take turns, so that all meet the same machine: what, which strategies, on how many threads. */
const TURNS = [
  { id: 'one', text: 'one strategy', args: ['ioctl', '--jobs', '1'] },
  { id: 'ten', text: 'ten strategies', args: ['all'] },
  { id: 'ten-jobs-1', text: 'ten strategies, --jobs 1', args: ['all', '--jobs', '1'] },
];

/** One strategy and all ten in turn; each run also gives a ratio to that of one. */
async function* comparisons(log, source) {
  const results = TURNS.map(() => []);
  for (let run = 0; run < RUNS; run++) {
    for (const [turn, { args }] of TURNS.entries()) results[turn].push(await compared(log, args));
  }
  const [one] = results;
  const figure = (id, text, unit, values) => ({
    id: `commands/${source}-${id}`,
    what: `compare ${basename(log)}, ${text}`,
    unit,
    ...spread(values),
  });
  for (const [turn, { id, text }] of TURNS.entries()) {
    const of = (key) => results[turn].map((result) => result[key]);
    yield figure(`${id}-seconds`, `${text}, end to end`, 's', of('seconds'));
    if (turn > 0) {
      const ratios = of('seconds').map((seconds, run) => seconds / one[run].seconds);
      yield figure(`${id}-ratio`, text, 'times the s of one', ratios);
    }
    yield figure(`${id}-cpu`, `${text}, end to end`, 's of CPU', of('cpuSeconds'));
    yield figure(`${id}-rss`, `${text}: peak RSS`, 'MB', of('rssMb'));
  }
}

async function compared(log, [strategies, ...threads]) {
  const args = ['compare', log, '--strategies', strategies, ...threads, '--json', '--quiet'];
  let said = '';
  const { seconds } = await timed(() => {
    said = smmuscope(args, ['--require', CPU_TIME, '--import', PEAK_RSS]);
  });
  const cpuSeconds = Number(/CPU ([\d.]+) ms/.exec(said)[1]) / 1e3;
  return { seconds, cpuSeconds, rssMb: Number(/peak RSS (\d+)/.exec(said)[1]) / 1e6 };
}
