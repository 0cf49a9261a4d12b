/**
 * Timeline tier: does the Perfetto file of a machine with more in it — faults, a change of paths, several SMMUs, several
 * VMs — say what the replay measured, when it is decoded again?
 */
import { describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/results/document.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import { ALL_EVENTS } from '../../src/timeline/event-window.js';
import { forecastBytes } from '../../src/timeline/forecast.js';
import { PerfettoSink } from '../../src/timeline/perfetto-sink.js';
import { TimelineRecorder } from '../../src/timeline/recorder.js';
import { type DecodedSlice, type DecodedTimeline, decodePerfetto } from '../support/perfetto.js';

const STRICT = 'traces/rebind-strict.qemu-7.2.log.xz';

const OPTIONS: RunOptions = {
  ...{ profile: 'neoverse-mmu700', set: [], atc: [], pacing: 'closed', dma: 'ordered', warmup: 0, limit: 2000 },
  ...{ seed: 0, msi: true, safety: true, lenient: false, format: undefined },
  strategies: ['ioctl'],
};

/** A replay, its file decoded, and the size of the file. */
async function recorded(trace: string, options: Partial<RunOptions>) {
  const sink = new PerfettoSink();
  const recorder = new TimelineRecorder(sink, ALL_EVENTS, 1e9);
  const document = await runReplays([trace], { ...OPTIONS, ...options }, { timeline: recorder });
  const bytes = sink.finish();
  return { document, recorder, bytes, timeline: decodePerfetto(bytes) };
}

/** One slice per PROD write, inside that of its operation if that takes several. */
const submissionsOf = (slices: readonly DecodedSlice[]) =>
  slices.filter(({ track, name }) => /vCPU \d+$/.test(track) && / commands?$/.test(name));
const executedOf = (slices: readonly DecodedSlice[]) =>
  slices.filter(({ track, depth }) => track.endsWith('command engine') && depth === 0);

/** What holds on every machine: the times and counts of the result. */
function expectTheResult({ results: [{ latency, amplification }] }: ResultDocument, timeline: DecodedTimeline) {
  const slices = timeline.slices();
  const submissions = submissionsOf(slices);
  const { count, mean_ns, max_ns } = latency.submission;
  const spent = submissions.map(({ fromNs, untilNs }) => untilNs - fromNs);
  const synced = submissions.flatMap(({ values }, at) => (Number(values.syncs) > 0 ? [spent[at]] : []));
  expect(synced.length).toBe(count);
  expect(Math.max(...synced)).toBe(max_ns);
  expect(synced.reduce((sum, ns) => sum + ns, 0)).toBe(Math.round(mean_ns * count));
  expect(executedOf(slices).length).toBe(amplification.host_commands);
  const marks = timeline.events.filter(({ type }) => type === 'instant');
  expect(marks.length).toBe(amplification.guest_commands);
  const tags = new Set(marks.flatMap(({ flows }) => flows));
  for (const { flows } of executedOf(slices)) for (const flow of flows) expect(tags.has(flow)).toBe(true);
  return slices;
}

describe('a timeline', () => {
  it('of several VMs has a group for each, with as much in each', async () => {
    const { document, timeline } = await recorded(STRICT, { vms: 2 });
    const slices = expectTheResult(document, timeline);
    const ofVm = (vm: number) => submissionsOf(slices).filter(({ track }) => track.startsWith(`VM ${vm}/`)).length;
    expect(ofVm(0)).toBeGreaterThan(0);
    expect(Math.abs(ofVm(0) - ofVm(1))).toBeLessThanOrEqual(1);
    expect(slices.some(({ track }) => track === 'VM 1/VMM lock')).toBe(true);
  });

  it('of several SMMUs has an engine for each', async () => {
    const { document, timeline } = await recorded('traces/csv/ats-four-devices.csv', {
      topology: 'docs/examples/two-smmus.yaml',
    });
    const slices = expectTheResult(document, timeline);
    const engines = new Set(executedOf(slices).map(({ track }) => track));
    expect([...engines].sort()).toEqual(['SMMU 0/command engine', 'SMMU 1/command engine']);
    for (const engine of engines) {
      const own = executedOf(slices).filter(({ track }) => track === engine);
      for (let i = 1; i < own.length; i++) expect(own[i].fromNs).toBeGreaterThanOrEqual(own[i - 1].untilNs);
    }
  });

  it('of a change of paths shows the worker after it, and not before', async () => {
    const options = { migrate: { atNs: 4_500_000_000, to: 'sw-vcmdq' }, strategies: ['hw-vcmdq'], limit: 12_000 };
    const { document, timeline } = await recorded(STRICT, options);
    const slices = expectTheResult(document, timeline);
    const { before, after } = document.results[0].migration!;
    expect(submissionsOf(slices).length).toBeGreaterThanOrEqual(before.latency.count + after.latency.count);
    const drains = slices.filter(({ track, name }) => /worker \d+$/.test(track) && name.startsWith('drain of'));
    const served = submissionsOf(slices).filter(({ fromNs }) => fromNs < drains[0].fromNs).length;
    expect(drains.length).toBeGreaterThan(0);
    expect(served).toBeGreaterThanOrEqual(before.latency.count);
  });

  it('of operations in several PROD writes has a slice around each, as long as its span, with gaps for the guest', async () => {
    const { document, timeline } = await recorded(STRICT, { strategies: ['ioctl'], limit: 12_000 });
    const slices = expectTheResult(document, timeline);
    const [{ latency, replay, slowest_operations: slowest }] = document.results;
    const { operations_in_several_writes: several } = replay as { operations_in_several_writes: number };
    const operations = slices.filter(({ name }) => name === 'operation');
    expect(several).toBeGreaterThan(1);
    expect(operations.length).toBe(several);
    const submissions = submissionsOf(slices);
    const inside = submissions.filter(({ depth }) => depth === 1);
    const ns = (of: readonly DecodedSlice[]) => of.reduce((sum, { fromNs, untilNs }) => sum + untilNs - fromNs, 0);
    const total = ({ mean_ns, count }: { mean_ns: number; count: number }) => Math.round(mean_ns * count);
    expect(ns(submissions)).toBe(total(latency.operation));
    expect(ns(submissions) - ns(inside) + ns(operations)).toBe(total(latency.operation_span));
    const slow = slowest!.find(({ prod_writes }) => prod_writes > 1)!;
    expect(operations.some(({ fromNs, untilNs }) => untilNs - fromNs === slow.span_ns)).toBe(true);
  });

  it('of a stopped queue shows the stop, and nothing executed meanwhile', async () => {
    const { document, timeline } = await recorded(STRICT, {
      ...{ faults: ['illegal@300'], strategies: ['ioctl-batched:uapi=k74'] },
    });
    const slices = expectTheResult(document, timeline);
    const [{ latency, slowest_operations: slowest }] = document.results;
    const stops = slices.filter(({ name }) => name === 'error');
    const stoppedNs = stops.reduce((sum, { fromNs, untilNs }) => sum + untilNs - fromNs, 0);
    expect(stoppedNs).toBe(Math.round(latency.breakdown_ns.error * latency.operation.count));
    expect(stoppedNs).toBe(slowest!.reduce((sum, { breakdown_ns }) => sum + (breakdown_ns.error ?? 0), 0));
    for (const stop of stops) {
      const meanwhile = executedOf(slices).filter(
        ({ fromNs, untilNs }) => fromNs < stop.untilNs && untilNs > stop.fromNs,
      );
      expect(meanwhile).toEqual([]);
    }
  });

  it('is foreseen within a fifth of its size', async () => {
    const { bytes, recorder } = await recorded(STRICT, { limit: 24_000 });
    const part = await recorded(STRICT, { limit: 14_000 });
    const forecast = forecastBytes(ALL_EVENTS, {
      ...{ bytes: part.bytes.length, lastEvent: part.recorder.lastEvent, allEvents: recorder.lastEvent },
    })!;
    expect(forecast / bytes.length).toBeGreaterThan(0.8);
    expect(forecast / bytes.length).toBeLessThan(1.25);
  });
});

describe('the forecast', () => {
  it('counts the events of the window only', () => {
    const window = { first: 1001, last: 11_000 };
    expect(forecastBytes(window, { bytes: 5e6, lastEvent: 3500, allEvents: 1e6 })).toBe(20e6);
    expect(forecastBytes(window, { bytes: 5e6, lastEvent: 3500, allEvents: 6000 })).toBe(10e6);
    expect(forecastBytes(window, { bytes: 5e6, lastEvent: 2999, allEvents: 1e6 })).toBeUndefined();
  });
});
