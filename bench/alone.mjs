/**
 * One strategy on the generated stream in a process of its own, as `replay` runs it. To compare versions of the tool, run it
 * in two checkouts in turn, several times, and compare the best rates: where others use the machine the medians of a table
 * differ by more than what there is to see.
 *
 *   node bench/alone.mjs [STRATEGY] [--json]    --json: what measure.mjs returns, for groups/replay.mjs
 */
import { all } from './built.mjs';
import { rate } from './measure.mjs';
import { nvmeStream } from './nvme-stream.mjs';
import { REPLAY_RUNS, replayer } from './replaying.mjs';

/** 1.2 million events: what is paid once, such as the first fills of tables, does not show. */
const IOS = 100_000;

const [spec = 'ioctl', form] = process.argv.slice(2);
const replay = await replayer(await all(nvmeStream(IOS)));
const measured = await rate(() => replay(spec), REPLAY_RUNS);
const { value, low, high, runs } = measured;
process.stdout.write(
  form === '--json'
    ? JSON.stringify(measured)
    : `${spec}: best ${high.toFixed(2)}, median ${value.toFixed(2)}, least ${low.toFixed(2)} M events/s, ${runs} runs\n`,
);
