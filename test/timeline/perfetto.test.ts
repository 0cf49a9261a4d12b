/**
 * Timeline tier: does the Perfetto file, decoded again, say what the replay measured: same times, same counts, every
 * command followed to what the SMMU executed for it?
 */
import { describe, expect, it } from 'vitest';
import { runReplays } from '../../src/session/run.js';
import { ALL_EVENTS, type EventWindow, parseEventWindow } from '../../src/timeline/event-window.js';
import { Lanes } from '../../src/timeline/lanes.js';
import { PerfettoSink } from '../../src/timeline/perfetto-sink.js';
import { TimelineRecorder } from '../../src/timeline/recorder.js';
import { type DecodedTimeline, decodePerfetto } from '../support/perfetto.js';
import { type HarnessOptions, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

async function timelineOf(trace: TraceBuilder, spec: string, options: HarnessOptions = {}, window = ALL_EVENTS) {
  const sink = new PerfettoSink();
  const recorder = new TimelineRecorder(sink, window, 1e9);
  const finished = await replayThrough(trace, spec, { ...options, timeline: recorder });
  return { ...finished, recorder, timeline: decodePerfetto(sink.finish()) };
}

/** Two vCPUs, three submissions, one of them with an ATC invalidation. */
function smallTrace(): TraceBuilder {
  return new TraceBuilder()
    .at(0)
    .dma({ sid: 8, asid: 1, page: 0x1000 })
    .at(1000)
    .vcpu(0)
    .tlbis(2)
    .sync()
    .doorbell()
    .at(1200)
    .vcpu(1)
    .cmd('ATC_INV', { SID: 8 })
    .sync()
    .doorbell()
    .at(90_000)
    .vcpu(0)
    .cmd('TLBI_NH_ASID', { ASID: 1 })
    .sync()
    .doorbell();
}

/** One line per slice, mark and counter value, by track. */
function asText({ tracks, events, path, slices }: DecodedTimeline): string {
  const lines: string[] = [];
  for (const { uuid, unit } of tracks.values()) {
    const track = path(uuid);
    const own = events.filter((event) => event.track === uuid);
    if (own.length === 0) continue;
    lines.push(unit === undefined ? track : `${track} [${unit}]`);
    const rows = slices()
      .filter((slice) => slice.track === track)
      .map(({ fromNs, untilNs, depth, name, flows, values }) => ({
        fromNs,
        text: `${'  '.repeat(depth + 1)}${fromNs}..${untilNs} ${name}${flowText(flows)}${valueText(values)}`,
      }));
    for (const { type, atNs, name, flows, value } of own) {
      if (type === 'instant') rows.push({ fromNs: atNs, text: `  ${atNs} mark ${name}${flowText(flows)}` });
      if (type === 'counter') rows.push({ fromNs: atNs, text: `  ${atNs} = ${value}` });
    }
    lines.push(...rows.sort((a, b) => a.fromNs - b.fromNs).map(({ text }) => text));
  }
  return `${lines.join('\n')}\n`;
}

const flowText = (flows: readonly number[]) => (flows.length === 0 ? '' : ` #${flows.join(' #')}`);
const valueText = (values: Readonly<Record<string, number | string>>) =>
  Object.keys(values).length === 0 ? '' : ` ${JSON.stringify(values)}`;

describe('a timeline', () => {
  it.each(['ioctl', 'sw-vcmdq', 'hw-vcmdq'])('of %s looks as agreed', async (spec) => {
    const { timeline } = await timelineOf(smallTrace(), spec);
    await expect(asText(timeline)).toMatchFileSnapshot(`golden/${spec}.txt`);
  });

  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'native'])(
    'of %s has the times and counts of the result',
    async (spec) => {
      const { timeline, result, replay } = await timelineOf(smallTrace(), spec);
      const slices = timeline.slices();
      const submissions = slices.filter(({ track, depth }) => track.includes('vCPU') && depth === 0);
      const latencies = submissions.map(({ fromNs, untilNs }) => untilNs - fromNs);
      expect(latencies.reduce((sum, ns) => sum + ns, 0)).toBe(
        Math.round(result.latency.submission.mean_ns * result.latency.submission.count),
      );
      // A submission's stages fill it without gap or overlap.
      for (const { track, fromNs, untilNs } of submissions) {
        const stages = slices.filter((one) => one.track === track && one.depth === 1 && one.fromNs >= fromNs);
        let at = fromNs;
        for (const stage of stages.filter((one) => one.untilNs <= untilNs)) {
          expect(stage.fromNs).toBe(at);
          at = stage.untilNs;
        }
        expect(at).toBe(untilNs);
      }
      const executed = slices.filter(({ track, depth }) => track.endsWith('command engine') && depth === 0);
      expect(executed.length).toBe(result.amplification.host_commands);
      const busyNs = executed.reduce((sum, { fromNs, untilNs }) => sum + untilNs - fromNs, 0);
      expect(busyNs).toBe(replay.engines.busyNs);
      const heldNs = slices
        .filter(({ track }) => track.endsWith('VMM lock'))
        .reduce((sum, { fromNs, untilNs }) => sum + untilNs - fromNs, 0);
      expect(heldNs).toBe(replay.guests[0].vmmLock.heldNs);
    },
  );

  it.each(['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native'])('of %s follows commands to the SMMU', async (spec) => {
    const { timeline, result } = await timelineOf(smallTrace(), spec);
    const marks = timeline.events.filter(({ type }) => type === 'instant');
    expect(marks.length).toBe(result.amplification.guest_commands);
    expect(new Set(marks.flatMap(({ flows }) => flows)).size).toBe(marks.length);
    const followed = timeline
      .slices()
      .filter(({ track, flows }) => track.endsWith('command engine') && flows.length > 0);
    const added = result.amplification.added_syncs;
    expect(followed.length).toBe(result.amplification.host_commands - added);
    for (const slice of followed) {
      const mark = marks.find(({ flows }) => flows[0] === slice.flows[0]);
      expect(mark?.name).toBe(slice.name);
      expect(mark!.atNs).toBeLessThan(slice.fromNs);
    }
    const device = timeline.slices().filter(({ track }) => track === 'devices/SID 0x8');
    expect(device.map(({ name, flows }) => [name, flows.length])).toEqual([['ATC_INV', 1]]);
  });

  it('shows walkers with timed DMA, never two walks at once on one', async () => {
    const trace = new TraceBuilder();
    for (let page = 0; page < 8; page++) trace.at(page * 10).dma({ sid: 8, asid: 1, page: 0x4000 + page * 0x1000 });
    trace.at(5).tlbis(1).sync().doorbell();
    const { timeline, result } = await timelineOf(trace, 'native', { dma: 'timed', pacing: 'recorded' });
    const walks = timeline.slices().filter(({ track }) => track.includes('/walker '));
    expect(walks.length).toBeGreaterThan(4);
    expect(walks.length).toBeLessThanOrEqual(Number(result.tlb?.walks));
    expect(new Set(walks.map(({ track }) => track)).size).toBeGreaterThan(1);
  });

  it('keeps to its window of events, and its flows stay paired', async () => {
    const window: EventWindow = { first: 6, last: 8 };
    const { timeline, recorder } = await timelineOf(smallTrace(), 'ioctl', {}, window);
    const submissions = timeline.slices().filter(({ values }) => values.event !== undefined);
    expect(submissions.map(({ track, values }) => [track, values.event])).toEqual([['VM 0/vCPU 1', 8]]);
    expect(recorder.counts).toMatchObject({ flows: 2, marks: 2 });
    const flows = timeline.events.flatMap((event) => event.flows);
    expect(new Set(flows).size).toBe(2);
  });

  it('changes no number of the result', async () => {
    const plain = await replayThrough(smallTrace(), 'sw-vcmdq');
    const watched = await timelineOf(smallTrace(), 'sw-vcmdq');
    expect(watched.result).toEqual(plain.result);
  });

  it('of a recorded trace nests and pairs throughout', async () => {
    const sink = new PerfettoSink();
    const recorder = new TimelineRecorder(sink, ALL_EVENTS, 1e9);
    const options = { profile: 'neoverse-mmu700', set: [], atc: [], pacing: 'closed', dma: 'ordered' } as const;
    const rest = { warmup: 0, limit: 6000, seed: 0, msi: true, safety: true, lenient: false, format: undefined };
    const document = await runReplays(
      ['traces/rebind-strict.qemu-7.2.log.xz'],
      { ...options, ...rest, strategies: ['ioctl'] },
      { timeline: recorder },
    );
    const timeline = decodePerfetto(sink.finish());
    const [{ amplification }] = document.results;
    const executed = timeline.slices().filter(({ track, depth }) => track.endsWith('command engine') && depth === 0);
    expect(executed.length).toBe(amplification.host_commands);
    const tags = new Set(timeline.events.filter(({ type }) => type === 'instant').flatMap(({ flows }) => flows));
    expect(tags.size).toBe(amplification.guest_commands);
    for (const { flows } of executed) for (const flow of flows) expect(tags.has(flow)).toBe(true);
  });

  it('is refused in one sentence when it grows too large', async () => {
    const recorder = new TimelineRecorder(new PerfettoSink(), ALL_EVENTS, 500);
    await expect(replayThrough(smallTrace(), 'ioctl', { timeline: recorder })).rejects.toThrow(/--events FROM\.\.TO/);
  });
});

describe('a window', () => {
  it('is read in all its forms', () => {
    expect(parseEventWindow('3..9')).toEqual({ first: 3, last: 9 });
    expect(parseEventWindow('3..')).toEqual({ first: 3, last: Number.POSITIVE_INFINITY });
    expect(parseEventWindow('..9')).toEqual({ first: 1, last: 9 });
  });

  it.each(['', '..', '9..3', '0..3', 'a..b', '1-3', '1..2..3'])('refuses %j', (text) => {
    expect(() => parseEventWindow(text)).toThrow(/expected FROM\.\.TO/);
  });
});

describe('lanes', () => {
  it('never overlap and are as few as needed', () => {
    const lanes = new Lanes();
    const placed = [
      [0, 10],
      [5, 12],
      [10, 14],
      [12, 20],
      [3, 21],
    ].map(([from, until]) => lanes.place(from, until));
    expect(placed).toEqual([0, 1, 0, 1, 2]);
  });
});
