/**
 * One strategy, or the caches alone, on the generated stream in a process of its own, as `replay` runs it. To compare versions
 * of the tool, run it in two checkouts in turn, several times, and compare the best rates: where others use the machine the
 * medians of a table differ by more than what there is to see.
 *
 *   node bench/alone.mjs [STRATEGY | caches] [--json]    --json: the rate of each run, for groups/replay.mjs
 */
import { all } from './built.mjs';
import { cachesAlone } from './caches-alone.mjs';
import { rateOf, ratesOf } from './measure.mjs';
import { nvmeStream } from './nvme-stream.mjs';
import { REPLAY_RUNS, replayer, STREAM_IOS } from './replaying.mjs';

/** The caches alone are through sooner, and compiled later. */
const CACHES_WARM_UPS = 10;

const [spec = 'ioctl', form] = process.argv.slice(2);
const batches = await all(nvmeStream(STREAM_IOS));

async function ratesOfCaches() {
  return ratesOf(await cachesAlone(batches), { ...REPLAY_RUNS, warmUps: CACHES_WARM_UPS });
}

async function ratesOfStrategy() {
  const replay = await replayer(batches);
  return ratesOf(() => replay(spec), REPLAY_RUNS);
}

const rates = await (spec === 'caches' ? ratesOfCaches() : ratesOfStrategy());
const { value, low, high, runs } = rateOf(rates);
process.stdout.write(
  form === '--json'
    ? JSON.stringify(rates)
    : `${spec}: best ${high.toFixed(2)}, median ${value.toFixed(2)}, least ${low.toFixed(2)} M events/s, ${runs} runs\n`,
);
