/**
 * Scaling curves: CPU time of the replay per event by the length of the trace, the vCPUs, the devices and the TLB's
 * entries, and per invalidation of an ASID or VMID by what the TLB holds. Each curve is also drawn (bench/curves/*.svg).
 */
import { all, built } from '../built.mjs';
import { cachesAlone } from '../caches-alone.mjs';
import { causesOf, heapUse } from '../causes.mjs';
import { drawCurve } from '../draw-curve.mjs';
import { EVENT_NS, invalidationStream, ROUND_EVENTS } from '../invalidation-stream.mjs';
import { spread, timed } from '../measure.mjs';
import { EVENTS_PER_IO, nvmeStream } from '../nvme-stream.mjs';
import { streamed } from '../replaying.mjs';
import { reuseStream } from '../reuse-stream.mjs';

const SPEC = 'hw-vcmdq';
const RUNS = 5;
/** Beyond so many events one run is enough: it takes seconds. */
const SHORT_EVENTS = 2_000_000;
/** Events of a curve on which the length of the trace is not what varies. */
const EVENTS = 300_000;
const powersOf = (base, from, to) => {
  const values = [];
  for (let value = from; value <= to; value *= base) values.push(value);
  return values;
};

/** TLB of `entries`, with the ways of the profile; the TCU's and the micro TLB are off, so that one structure varies. */
const oneTlb = (entries) => [`tlb.main.entries=${entries}`, 'tlb.tcu.enable=off', 'tlb.utlb.enable=off'];

/** Room for everything that the curves of invalidations translate. */
const LARGE_TLB = oneTlb(2 ** 18);

const perEventNs = ({ events, cpuSeconds }) => (1e9 * cpuSeconds) / events;

/**
 * The curves. `at` gives, for one value of `x`, the batches to replay, parameters to set, and how the result is a number;
 * without `of` it is CPU time per event.
 */
const CURVES = [
  {
    id: 'events',
    x: 'events of the trace',
    values: (greatest = 1e8) => powersOf(10, 1e4, greatest),
    at: (events) => ({ batches: nvmeStream(Math.round(events / EVENTS_PER_IO)) }),
  },
  {
    id: 'vcpus',
    x: 'vCPUs',
    values: () => powersOf(2, 1, 256),
    watchesHeap: true,
    at: async (vcpus) => ({ batches: await nicRing(vcpus) }),
  },
  {
    id: 'devices',
    x: 'devices, each in a domain of its own',
    values: () => powersOf(2, 1, 1024),
    at: (devices) => ({ batches: nvmeStream(Math.round(EVENTS / EVENTS_PER_IO), { devices }) }),
  },
  {
    id: 'tlb-entries',
    x: 'entries of the TLB',
    values: () => powersOf(2, 16, 65536),
    at: (entries) => ({ batches: reuseStream(EVENTS, 2 ** 16), set: oneTlb(entries) }),
  },
  {
    id: 'asid-nothing',
    x: 'entries of another ASID that the TLB holds',
    y: 'CPU time per TLBI_NH_ASID that removes nothing (ns)',
    values: () => powersOf(4, 16, 65536),
    ...invalidationCurve(0, 50_000),
  },
  {
    id: 'asid-64',
    x: 'entries of another ASID that the TLB holds',
    y: 'CPU time per TLBI_NH_ASID that removes 64 entries (ns)',
    values: () => powersOf(4, 16, 65536),
    ...invalidationCurve(64, 3000),
  },
  {
    id: 'asid-rate',
    x: 'TLBI_NH_ASID per second of the trace',
    values: () => [100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 2e6],
    at: (perSecond) => ({ batches: atRate(perSecond), set: [...LARGE_TLB] }),
  },
  {
    id: 'vmid-nothing',
    x: 'entries of another VMID that the TLB holds',
    y: 'CPU time per TLBI_S12_VMALL that removes nothing, caches alone (ns)',
    values: () => powersOf(4, 16, 65536),
    ...cachesCurve(0, 200_000),
  },
  {
    id: 'vmid-64',
    x: 'entries of another VMID that the TLB holds',
    y: 'CPU time per TLBI_S12_VMALL that removes 64 entries, caches alone (ns)',
    values: () => powersOf(4, 16, 65536),
    ...cachesCurve(64, 3000),
  },
];

/** CPU time per round: with the rounds less the one without. The held entries are translated in both. */
function invalidationCurve(fresh, rounds) {
  return {
    at: (held) => ({ batches: invalidationStream({ held, fresh, rounds }), set: LARGE_TLB }),
    without: (held) => ({ batches: invalidationStream({ held, fresh, rounds: 0 }), set: LARGE_TLB }),
    of: (whole, bare) => (1e9 * (whole.cpuSeconds - bare.cpuSeconds)) / rounds,
  };
}

/** The same for VMIDs, on the caches alone: a guest's commands are all of its own VM. */
function cachesCurve(fresh, rounds) {
  const stream = (held, times) => ({ caches: invalidationStream({ held, fresh, rounds: times, by: 'VMID' }) });
  return {
    at: (held) => stream(held, rounds),
    without: (held) => stream(held, 0),
    of: (whole, bare) => (1e9 * (whole.cpuSeconds - bare.cpuSeconds)) / rounds,
  };
}

/** So many ASID-wide invalidations per second of trace time; each removes all that was translated since the last. */
function atRate(perSecond) {
  const perRound = Math.round(1e9 / EVENT_NS / perSecond);
  return invalidationStream({ held: 0, fresh: perRound - ROUND_EVENTS, rounds: Math.ceil(EVENTS / perRound) });
}

async function nicRing(vcpus) {
  const { generateTrace } = await built('guest/workloads/schedule.js');
  const { parametersOf, workloadByName } = await built('guest/workloads/registry.js');
  const { parseKernel } = await built('guest/transforms/transform-list.js');
  const workload = workloadByName('nic-ring');
  const era = parseKernel('kernel', '6.12');
  return generateTrace(workload, {
    events: EVENTS,
    vcpus,
    devices: 2,
    seed: 1,
    era,
    parameters: parametersOf(workload, []),
  });
}

/** Names of the curves, as `--at` takes them. */
export const CURVE_IDS = CURVES.map(({ id }) => id);

/**
 * `events`: the greatest length on the curve of events.
 * `at`: one curve (CURVE), or one point of one (CURVE=VALUE) for a profile: node --cpu-prof bench/bench.mjs scaling --at devices=8
 */
export async function* scaling({ events, at }) {
  const [only, onlyValue] = at?.split('=') ?? [];
  await compile();
  for (const curve of CURVES) {
    const { id, x, y = 'CPU time per event (ns)', values } = curve;
    if (only !== undefined && only !== id) continue;
    const points = [];
    for (const value of onlyValue === undefined ? values(events) : [Number(onlyValue)]) {
      const { causes, ...measured } = await point(curve, value);
      points.push({ x: value, ...measured });
      const what = `${y.replace(/ \(ns\)$/, '')}: ${value} ${x}${causes && ` (${causes})`}`;
      yield { id: `scaling/${id}-${value}`, what, unit: 'ns', ...measured };
    }
    if (onlyValue === undefined) drawCurve(id, points, { x, y });
  }
}

async function point(curve, value) {
  const { of = perEventNs } = curve;
  const results = [];
  let causes = '';
  do {
    const whole = await once(await curve.at(value));
    const bare = curve.without && (await once(await curve.without(value)));
    results.push(of(whole, bare));
    causes = curve.without === undefined ? causesOf(whole.replay) : '';
    if (whole.events > SHORT_EVENTS) break;
  } while (results.length < RUNS);
  if (curve.watchesHeap) causes += `; ${await heapUse(async () => once(await curve.at(value)))}`;
  return { causes, ...spread(results) };
}

async function once({ batches, caches, set }) {
  if (caches === undefined) return streamed(batches, SPEC, { set });
  const replayCaches = await cachesAlone(await all(caches), ['tlb.main.entries=262144']);
  let events = 0;
  const { cpuSeconds } = await timed(() => {
    events = replayCaches();
  });
  return { events, cpuSeconds };
}

/** A million events through the loops before the first figure. */
async function compile() {
  await streamed(nvmeStream(Math.round(1e6 / EVENTS_PER_IO)), SPEC);
}
