/** Replays from memory: every strategy and the caches by themselves, all strategies in one process, what features cost. */
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { all, built, contentOf, eventsOf, ROOT } from '../built.mjs';
import { cachesAlone } from '../caches-alone.mjs';
import { rate, rateOf } from '../measure.mjs';
import { nvmeStream } from '../nvme-stream.mjs';
import { REPLAY_RUNS, replayer, STREAM_IOS } from '../replaying.mjs';

/** Of the recording; the generated stream goes through all of them. */
const STRATEGIES = ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native'];
/** Processes of each strategy, in turn with those of the others: a machine may be slow for a minute. */
const ROUNDS = 3;
const STREAM = 'NVMe-like stream, 88 % hits';

/** `log`: the QEMU log that is replayed beside the generated stream. */
export async function* replay({ log }) {
  const { strategyNames } = await built('strategies/registry.js');
  const names = strategyNames();
  const rounds = Array.from({ length: ROUNDS }, () => [...names, 'caches'].map(alone));
  const figures = [...names, 'caches'].map((_, at) => rateOf(...rounds.map((processes) => processes[at])));
  for (const [at, spec] of names.entries()) yield replayed(`${spec}: ${STREAM}`, figures[at]);
  yield cachesOnly(STREAM, figures[names.length]);
  const generated = await replayer(await all(nvmeStream(STREAM_IOS)));
  const inTurn = await rate(() => each(names, generated), REPLAY_RUNS);
  yield replayed(`${names.length} strategies in turn, one process: ${STREAM}`, inTurn);
  for (const [flag, options] of [
    ['--no-safety', { safety: false }],
    ['--dma timed', { dma: 'timed' }],
  ]) {
    const measured = await rate(() => generated('ioctl', options), REPLAY_RUNS);
    yield { what: `replay ioctl: ${STREAM}, ${flag}`, unit: 'M events/s', ...measured };
  }
  yield* onRecording(log);
}

async function* onRecording(log) {
  const { readerByName } = await built('formats/registry.js');
  const batches = await all(eventsOf(readerByName('qemu-log'), await contentOf(log)));
  const recorded = await replayer(batches);
  for (const spec of STRATEGIES) {
    yield replayed(`${spec}: ${basename(log)}`, await rate(() => recorded(spec), REPLAY_RUNS));
  }
  yield cachesOnly(basename(log), await rate(await cachesAlone(batches), REPLAY_RUNS));
}

function replayed(what, measured) {
  return { what: `replay ${what}; all structures, causes, safety`, unit: 'M events/s', ...measured };
}

function cachesOnly(what, measured) {
  return { what: `caches alone: ${what}; main TLB, order only`, unit: 'M events/s', ...measured };
}

/** The rates of one strategy, or of the caches, in a process of their own. */
function alone(spec) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bench/alone.mjs'), spec, '--json'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bench/alone.mjs ${spec} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

async function each(names, run) {
  let events = 0;
  for (const name of names) events += await run(name);
  return events;
}
