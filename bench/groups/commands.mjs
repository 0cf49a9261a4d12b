/** Whole processes of the tool: start-up, and a comparison from file to document. */
import { basename, join } from 'node:path';
import { duration, RUNS, spread } from '../measure.mjs';
import { startUpMs } from '../start-up.mjs';
import { smmuscope } from '../tool.mjs';

/** `log`: the recording that is compared. */
export async function* commands({ log }) {
  for (const args of [['--version'], ['--help'], ['replay', '--help']]) {
    const values = [];
    for (let run = 0; run < RUNS; run++) values.push(startUpMs(args));
    const what = `start-up: smmuscope ${args.join(' ')}, CPU time`;
    yield { id: `commands/${args.join(' ')}`, what, unit: 'ms', ...spread(values) };
  }
  const compare = ['compare', log, '--strategies', 'all', '--json', '--quiet'];
  const what = `compare ${basename(log)}, all strategies`;
  yield {
    id: 'commands/compare',
    what: `${what}, end to end`,
    unit: 's',
    ...(await duration(() => smmuscope(compare))),
  };
  const peaks = [];
  for (let i = 0; i < RUNS; i++) {
    const said = smmuscope(compare, ['--import', join(import.meta.dirname, '../peak-rss.mjs')]);
    peaks.push(Number(/peak RSS (\d+)/.exec(said)[1]) / 1e6);
  }
  yield { id: 'commands/compare-rss', what: `${what}: peak RSS`, unit: 'MB', ...spread(peaks) };
}
