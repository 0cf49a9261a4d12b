/** Replays from memory: every strategy by itself, all of them in one process, then what single features cost. */
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { all, built, contentOf, eventsOf, ROOT } from '../built.mjs';
import { cachesAlone } from '../caches-alone.mjs';
import { rate } from '../measure.mjs';
import { nvmeStream } from '../nvme-stream.mjs';
import { REPLAY_RUNS, replayer } from '../replaying.mjs';

/** Of the recording; the generated stream goes through all of them. */
const STRATEGIES = ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native'];
/** 1.2 million events: what is paid once, such as the first fills of tables, does not show. */
const IOS = 100_000;
/** The caches alone are through sooner, and compiled later. */
const CACHES_WARM_UPS = 10;
const STREAM = 'NVMe-like stream, 88 % hits';

/** `log`: the QEMU log that is replayed beside the generated stream. */
export async function* replay({ log }) {
  const { readerByName } = await built('readers/registry.js');
  const { strategyNames } = await built('strategies/registry.js');
  const names = strategyNames();
  for (const spec of names) yield figure(`${spec}: ${STREAM}`, aloneOnStream(spec));
  const streamBatches = await all(nvmeStream(IOS));
  const generated = await replayer(streamBatches);
  const inTurn = await rate(() => each(names, generated), REPLAY_RUNS);
  yield figure(`${names.length} strategies in turn, one process: ${STREAM}`, inTurn);
  const logBatches = await all(eventsOf(readerByName('qemu-log'), await contentOf(log)));
  const recorded = await replayer(logBatches);
  for (const spec of STRATEGIES)
    yield figure(`${spec}: ${basename(log)}`, await rate(() => recorded(spec), REPLAY_RUNS));
  for (const [flag, options] of [
    ['--no-safety', { safety: false }],
    ['--dma timed', { dma: 'timed' }],
  ]) {
    const measured = await rate(() => generated('ioctl', options), REPLAY_RUNS);
    yield { what: `replay ioctl: NVMe-like stream, ${flag}`, unit: 'M events/s', ...measured };
  }
  for (const [what, batches] of [
    ['NVMe-like stream', streamBatches],
    [basename(log), logBatches],
  ]) {
    const measured = await rate(await cachesAlone(batches), { ...REPLAY_RUNS, warmUps: CACHES_WARM_UPS });
    yield { what: `caches alone: ${what}; main TLB, order only`, unit: 'M events/s', ...measured };
  }
}

function figure(what, measured) {
  return { what: `replay ${what}; all structures, causes, safety`, unit: 'M events/s', ...measured };
}

/** One strategy in a process of its own. */
function aloneOnStream(spec) {
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
