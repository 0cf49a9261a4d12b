/**
 * What explains the knees of a scaling curve: hit ratios, evictions and the size of the tables, read off a finished replay,
 * and the event heap, watched through one that is not timed.
 */
import { built } from './built.mjs';

const LABELS = {
  utlb: 'uTLB',
  main: 'TLB',
  config: 'config',
  walk_s1: 'walk S1',
  walk_s2: 'walk S2',
};

/** As text: hits of the structures, evictions of each per 100 translations, and the memory of the SMMU's tables. */
export function causesOf(replay) {
  const [smmu] = replay.smmus.list;
  const { structures, translations } = smmu.snapshot();
  const used = Object.entries(LABELS).filter(([name]) => structures[name]?.lookups > 0);
  const list = (number) => used.map(([name, label]) => `${label} ${number(structures[name]).toFixed(0)}`).join(', ');
  const hits = list(({ hits, lookups }) => (100 * hits) / lookups);
  const evictions = list((structure) => (100 * structure.evictions) / translations);
  const tables = (tableBytes(smmu) / 1e6).toFixed(2);
  return `hits %: ${hits}; evictions per 100 translations: ${evictions}; tables ${tables} MB`;
}

/** Bytes of all typed arrays that can be reached from `root`. */
function tableBytes(root) {
  const seen = new Set([root]);
  const buffers = new Set();
  for (const object of seen) {
    for (const value of Object.values(object)) {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
      else if (typeof value === 'object' && value !== null) seen.add(value);
    }
  }
  let bytes = 0;
  for (const { byteLength } of buffers) bytes += byteLength;
  return bytes;
}

/** Do `work`, a replay of some events that it returns, and say how often and how deep it used the event heap. */
export async function heapUse(work) {
  const { EventHeap } = await built('machine/sim/event-heap.js');
  const { push } = EventHeap.prototype;
  let pushes = 0;
  let deepest = 0;
  EventHeap.prototype.push = function watched(timeNs, actor) {
    push.call(this, timeNs, actor);
    pushes++;
    deepest = Math.max(deepest, this.size);
  };
  try {
    const { events } = await work();
    return `event heap: ${((100 * pushes) / events).toFixed(1)} pushes per 100 events, at most ${deepest} deep`;
  } finally {
    EventHeap.prototype.push = push;
  }
}
