/** Whole processes of the tool: start-up, and comparisons from file to document. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RUNS, spread, timed } from '../measure.mjs';
import { startUpMs } from '../start-up.mjs';
import { smmuscope } from '../tool.mjs';

const CPU_TIME = join(import.meta.dirname, '../cpu-time.cjs');
/** So long that start-up and compilation no longer hide what a strategy costs. */
const MILLION = 1_000_000;
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
    const generated = join(folder, `nvme-${MILLION}-events.arrow`);
    smmuscope(['generate', 'nvme', generated, '--events', String(MILLION)]);
    yield* comparisons(generated, 'generated');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One strategy and all ten in turn, so that both meet the same machine; each run also gives a ratio. */
async function* comparisons(log, source) {
  const one = [];
  const ten = [];
  for (let run = 0; run < RUNS; run++) {
    one.push(await compared(log, 'ioctl'));
    ten.push(await compared(log, 'all'));
  }
  const what = `compare ${basename(log)}`;
  const figure = (id, text, unit, values) => ({
    id: `commands/${source}-${id}`,
    what: `${what}, ${text}`,
    unit,
    ...spread(values),
  });
  const of = (key) => (result) => result[key];
  for (const key of ['seconds', 'cpuSeconds']) {
    const unit = key === 'seconds' ? 's' : 's of CPU';
    yield figure(`one-${key}`, 'one strategy, end to end', unit, one.map(of(key)));
    yield figure(`ten-${key}`, 'ten strategies, end to end', unit, ten.map(of(key)));
    const ratios = ten.map((result, run) => result[key] / one[run][key]);
    yield figure(`ratio-${key}`, 'ten strategies', `times the ${unit} of one`, ratios);
  }
  yield figure('rss', 'ten strategies: peak RSS', 'MB', ten.map(of('rssMb')));
}

async function compared(log, strategies) {
  const args = ['compare', log, '--strategies', strategies, '--json', '--quiet'];
  let said = '';
  const { seconds } = await timed(() => {
    said = smmuscope(args, ['--require', CPU_TIME, '--import', PEAK_RSS]);
  });
  const cpuSeconds = Number(/CPU ([\d.]+) ms/.exec(said)[1]) / 1e3;
  return { seconds, cpuSeconds, rssMb: Number(/peak RSS (\d+)/.exec(said)[1]) / 1e6 };
}
