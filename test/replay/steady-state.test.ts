/**
 * Replay, steady state: does a long trace cost memory or garbage per event? Objects made per event, per command or per
 * submission would show here; so would state that grows with the history of a trace and not with its live mappings.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { loadProfile } from '../../src/profiles/load.js';
import { Replay } from '../../src/replay/replay.js';
import { Survey } from '../../src/replay/survey.js';
import { createSmmu } from '../../src/session/smmu-settings.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { encodeCommand } from '../../src/trace/command.js';
import { EventBatch, EventKind } from '../../src/trace/events.js';
import { Opcode } from '../../src/trace/opcodes.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Submissions of a batch: eight translations, a TLBI and a SYNC, doorbell, completion. */
const SUBMISSIONS = 340;
const EVENTS = 12 * SUBMISSIONS;
/** Pages that are mapped at a time; their IOVAs come round. */
const PAGES = 40;
const PERIOD_NS = 20_000;

/** Fill `batch` with the events of submissions `from …`, in the guest's time. */
function fill(batch: EventBatch, from: number): void {
  batch.count = 0;
  const sync = encodeCommand(Opcode.SYNC);
  for (let at = from; at < from + SUBMISSIONS; at++) {
    let timeNs = at * PERIOD_NS;
    const next = () => {
      timeNs += 100;
      return timeNs;
    };
    const page = 0xffff0 - (at % PAGES);
    for (let i = 0; i < 8; i++) {
      const row = batch.append(EventKind.Dma, next(), 0);
      batch.sid[row] = 8;
      batch.asid[row] = 1;
      batch.vmid[row] = 0;
      batch.iovaPage[row] = i === 4 ? page : 0xfffe0 + ((at + i) % 8);
      batch.pageSizeLog2[row] = 12;
      batch.granuleLog2[row] = 12;
    }
    const tlbi = encodeCommand(Opcode.TLBI_NH_VA, { ASID: 1, ADDR: page, TG: 1, TTL: 3, LEAF: 1 });
    for (const words of [tlbi, sync]) batch.vcpu[batch.appendCommand(next(), 0, ...words)] = 0;
    for (const kind of [EventKind.Doorbell, EventKind.SyncDone]) {
      batch.vcpu[batch.append(kind, next(), 0)] = 0;
    }
  }
}

/** A stretch of events in the middle of a trace. */
interface Stretch {
  /** What it left on the heap, garbage and growth, bytes per event. */
  readonly perEvent: number;
  /** What the heap, and the buffers behind typed arrays, hold after it, bytes. */
  readonly heldHeap: number;
  readonly heldBuffers: number;
}

/** Batches that pass before the first stretch: columns have grown, every structure and histogram is full. */
const WARM_UP = 100;
const BATCHES_PER_STRETCH = 20;
/** Stretches at most until everything is compiled, which the engine does beside the replay when it finds the time. */
const MOST_STRETCHES = 16;
/**
 * Bytes per event. Times passed to a function that is not compiled into its caller are boxed, 16 bytes each: one or two per
 * event are left, as the compiler decides. One object of a few fields per event is more than the difference.
 */
const LIMIT = 36;

/** A replay that is fed more and more events of the same guest; the survey has seen only their beginning. */
async function endlessReplay(spec: string): Promise<Replay> {
  const profile = loadProfile('neoverse-mmu700');
  const [choice] = resolveStrategies([spec]);
  const batch = new EventBatch(EVENTS);
  fill(batch, 0);
  const first = (async function* () {
    yield batch;
  })();
  const survey = await Survey.of(first, undefined, 1);
  const options = { pacing: 'closed', dma: 'ordered', warmup: 0, msi: true } as const;
  const makeSmmu = (topology: Survey['topology']) => createSmmu(profile, choice, topology, { seed: 1, safety: true });
  return new Replay(choice, profile, survey, makeSmmu, options, new ReplayMetrics());
}

/** Replay stretches of the same guest one after the other, until one leaves less than LIMIT and one has come behind it. */
async function stretches(spec: string): Promise<Stretch[]> {
  const replay = await endlessReplay(spec);
  const batch = new EventBatch(EVENTS);
  let submissions = 0;
  const consumeNext = () => {
    fill(batch, submissions);
    submissions += SUBMISSIONS;
    const before = getHeapStatistics().used_heap_size;
    replay.consume(batch);
    // A collection in between would make it negative; it is left out.
    return Math.max(0, getHeapStatistics().used_heap_size - before);
  };
  for (let i = 0; i < WARM_UP; i++) consumeNext();
  const measured: Stretch[] = [];
  while (measured.length < MOST_STRETCHES && !measured.slice(0, -1).some(({ perEvent }) => perEvent < LIMIT)) {
    let allocated = 0;
    for (let i = 0; i < BATCHES_PER_STRETCH; i++) allocated += consumeNext();
    collectGarbage();
    const { heapUsed: heldHeap, arrayBuffers: heldBuffers } = process.memoryUsage();
    measured.push({ perEvent: allocated / (BATCHES_PER_STRETCH * EVENTS), heldHeap, heldBuffers });
  }
  replay.finish();
  return measured;
}

describe.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native', 'v1-patch'])('%s', (spec) => {
  it('makes no object per event, and holds no more after more events', async () => {
    const measured = await stretches(spec);
    const [before, after] = measured.slice(-2);
    expect(Math.min(before.perEvent, after.perEvent)).toBeLessThan(LIMIT);
    expect(after.heldHeap - before.heldHeap).toBeLessThan(BATCHES_PER_STRETCH * EVENTS);
    expect(after.heldBuffers - before.heldBuffers).toBeLessThan(BATCHES_PER_STRETCH * EVENTS);
  });
});

/** Collections of the heap, of any kind, while `work` runs. */
async function collectionsDuring(work: () => void): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  work();
  // The engine tells of a collection in a turn of its own, and the observer hears of it in the one behind.
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  observer.disconnect();
  return collections;
}

/** Batches between two counts of the collections: an object per event would fill the engine's nursery several times. */
const LONG_STRETCH = 400;
const MOST_LONG_STRETCHES = 6;
const kept: object[] = [{}, {}];

/** What one object of three fields per event of a long stretch would cost. */
function objectPerEvent(): void {
  for (let event = 0; event < LONG_STRETCH * EVENTS; event++) {
    kept[event & 1] = { timeNs: event, page: event & 0xff, opcode: 0 };
  }
}

describe.each(['ioctl', 'native'])('%s', (spec) => {
  it('has the heap collected less often than one object per event would', async () => {
    const replay = await endlessReplay(spec);
    const batch = new EventBatch(EVENTS);
    fill(batch, 0);
    // The same submissions again, later: nothing but the replay allocates.
    const stretch = () => {
      for (let i = 0; i < LONG_STRETCH; i++) {
        replay.consume(batch);
        for (let row = 0; row < batch.count; row++) batch.timeNs[row] += SUBMISSIONS * PERIOD_NS;
      }
    };
    objectPerEvent();
    const limit = await collectionsDuring(objectPerEvent);
    expect(limit).toBeGreaterThan(1);
    let fewest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < MOST_LONG_STRETCHES && fewest >= limit; i++) {
      fewest = Math.min(fewest, await collectionsDuring(stretch));
    }
    replay.finish();
    expect(fewest).toBeLessThan(limit);
  });
});
