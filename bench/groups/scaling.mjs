/**
 * Scaling curves: CPU time of the replay per event by the length of the trace, the vCPUs, the devices and the TLB's
 * entries, and per ASID-wide invalidation by what the TLB holds. Each curve is also drawn (bench/curves/*.svg).
 */
import { built } from '../built.mjs';
import { drawCurve } from '../draw-curve.mjs';
import { invalidationStream } from '../invalidation-stream.mjs';
import { spread } from '../measure.mjs';
import { EVENTS_PER_IO, nvmeStream } from '../nvme-stream.mjs';
import { streamed } from '../replaying.mjs';

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

const perEventNs = ({ events, cpuSeconds }) => (1e9 * cpuSeconds) / events;

/**
 * The curves. `at` gives, for one value of `x`, the batches to replay, parameters to set, and how the result is a number;
 * without `of` it is CPU time per event.
 */
const CURVES = [
  {
    id: 'events',
    x: 'events of the trace',
    values: (long) => powersOf(10, 1e4, long ? 1e8 : 1e7),
    at: (events) => ({ batches: nvmeStream(Math.round(events / EVENTS_PER_IO)) }),
  },
  {
    id: 'vcpus',
    x: 'vCPUs',
    values: () => powersOf(2, 1, 256),
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
    at: (entries) => ({
      batches: nvmeStream(Math.round(EVENTS / EVENTS_PER_IO), { devices: 256, pages: 64 }),
      set: oneTlb(entries),
    }),
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
];

/** CPU time per round: with the rounds less the one without. The held entries are translated in both. */
function invalidationCurve(fresh, rounds) {
  const settings = [...oneTlb(2 ** 18)];
  return {
    at: (held) => ({ batches: invalidationStream({ held, fresh, rounds }), set: settings }),
    without: (held) => ({ batches: invalidationStream({ held, fresh, rounds: 0 }), set: settings }),
    of: (whole, bare) => (1e9 * (whole.cpuSeconds - bare.cpuSeconds)) / rounds,
  };
}

async function nicRing(vcpus) {
  const { generateTrace } = await built('generate/schedule.js');
  const { parametersOf, workloadByName } = await built('generate/registry.js');
  const { parseKernel } = await built('transforms/transform-list.js');
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

/** `long`: also the lengths that take minutes. */
export async function* scaling({ long }) {
  await compile();
  for (const curve of CURVES) {
    const { id, x, y = 'CPU time per event (ns)', values, of = perEventNs } = curve;
    const points = [];
    for (const value of values(long)) {
      const measured = await point(curve, value, of);
      points.push({ x: value, ...measured });
      yield {
        id: `scaling/${id}-${value}`,
        what: `${y.replace(/ \(ns\)$/, '')}: ${value} ${x}`,
        unit: 'ns',
        ...measured,
      };
    }
    drawCurve(id, points, { x, y });
  }
}

async function point(curve, value, of) {
  const results = [];
  do {
    const whole = await once(await curve.at(value));
    const bare = curve.without && (await once(await curve.without(value)));
    results.push(of(whole, bare));
    if (whole.events > SHORT_EVENTS) break;
  } while (results.length < RUNS);
  return spread(results);
}

const once = ({ batches, set }) => streamed(batches, SPEC, { set });

/** A million events through the loops before the first figure. */
async function compile() {
  await streamed(nvmeStream(Math.round(1e6 / EVENTS_PER_IO)), SPEC);
}
