/**
 * One strategy on the generated stream in a process of its own, to compare versions of the tool: run it in two checkouts in
 * turn, several times, and compare the best rates. Where others use the machine the medians of a table differ by more than
 * what there is to see.
 *
 *   node bench/alone.mjs [STRATEGY]
 */
import { max, median } from 'simple-statistics';
import { all } from './built.mjs';
import { timed } from './measure.mjs';
import { nvmeStream } from './nvme-stream.mjs';
import { replayer } from './replaying.mjs';

const IOS = 100_000;
const WARM_UPS = 3;
const RUNS = 8;

const spec = process.argv[2] ?? 'ioctl';
const replay = await replayer(await all(nvmeStream(IOS)));
const rates = [];
for (let run = -WARM_UPS; run < RUNS; run++) {
  let events = 0;
  const { seconds } = await timed(async () => {
    events = await replay(spec);
  });
  if (run >= 0) rates.push(events / 1e6 / seconds);
}
process.stdout.write(
  `${spec}: best ${max(rates).toFixed(2)}, median ${median(rates).toFixed(2)} M events/s, ${RUNS} runs\n`,
);
