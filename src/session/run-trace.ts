/**
 * One trace of a run: decoded once, with what is made of it on the way, and fed to all strategies in step, in this thread or in
 * several.
 */

import type { MrcResult } from '../analysis/mrc/document.js';
import { MissRatioCurve } from '../analysis/mrc/miss-ratio-curve.js';
import { RecordedOracle } from '../analysis/oracle/recorded-oracle.js';
import { VtdRecordedOracle } from '../analysis/oracle/vtd-recorded-oracle.js';
import { openRecording } from '../formats/open-recording.js';
import type { OpenTrace } from '../formats/reader.js';
import { readerReport } from '../formats/reader-report.js';
import { transformSettings } from '../guest/transforms/registry.js';
import type { LoadedProfile } from '../profiles/load.js';
import type { Fault } from '../replay/faults/fault.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { DeclaredTopology } from '../topology/load.js';
import { severalVms } from '../topology/several-vms.js';
import { EVENT_NAMES, type EventBatch } from '../trace/events.js';
import { topologyProvenance } from './declared-topology.js';
import type { RunHooks, RunOptions } from './run-options.js';
import { replaySettings } from './strategy-replays.js';
import { replayTrace } from './threads/replay-trace.js';
import { joinProvenance, traceName } from './trace-provenance.js';
import { transformed } from './transformed.js';

/** What a trace comes to. */
export interface TraceRun {
  /** In the order of the strategies. */
  readonly results: readonly StrategyResult[];
  readonly provenance: ResultDocument['provenance']['traces'][number];
  readonly shares: { readonly totalNs: number; readonly estimatedNs: number };
  /** Only if it was asked for and devices translated something. */
  readonly curve: MrcResult | undefined;
}

/** Replay the trace at `path` through all of `choices`, which `options` specify. */
export async function runTrace(
  path: string,
  choices: readonly StrategyChoice[],
  profile: LoadedProfile,
  declared: DeclaredTopology | undefined,
  faults: readonly Fault[],
  options: RunOptions,
  hooks: RunHooks,
): Promise<TraceRun> {
  const open = hooks.open ?? openRecording;
  const trace = await open(path, options);
  const counts = new Array<number>(EVENT_NAMES.length).fill(0);
  let events = 0;
  const tell = (batch: EventBatch) => {
    for (let row = 0; row < batch.count; row++) counts[batch.kind[row]]++;
    events += batch.count;
    hooks.onProgress?.(trace.bytesRead(), trace.totalBytes, events);
    hooks.signal?.throwIfAborted();
  };
  const { vms = 1, vmShiftNs = 0, warmup, msi } = options;
  const guest = transformed(trace, path, { ...options, topology: declared, open });
  const batches = observed(severalVms(guest.batches, { vms, shiftNs: vmShiftNs }), tell);
  // What the recorder saw is of the one guest that was recorded, as it was.
  const isAsRecorded = vms === 1 && transformSettings(options.transforms ?? {}).length === 0;
  const oracle = isAsRecorded ? recordedOracle(trace, profile) : undefined;
  const curve = options.curves === true ? new MissRatioCurve({ skipMsi: !msi, warmup }) : undefined;
  const settings = replaySettings(options, { faults, timeline: hooks.timeline });
  const { strategies, atc, migrate } = options;
  const plan = { choices, specified: { strategies, atc, migrate }, profile, declared, settings, vms };
  const name = traceName(path);
  const hasDma = () => counts[EVENT_NAMES.indexOf('dma')] > 0;
  const watch = {
    onBatch(batch: EventBatch) {
      oracle?.consume(batch);
      curve?.consume(batch);
    },
    atEnd: () => ({ trace: name, hasDma: hasDma() }),
  };
  try {
    const { survey, finished } = await replayTrace(batches, plan, watch, hooks);
    return {
      results: finished.map(({ result }) => (oracle === undefined ? result : { ...result, oracle: oracle.result })),
      shares: {
        totalNs: finished.reduce((sum, { shares }) => sum + shares.totalNs, 0),
        estimatedNs: finished.reduce((sum, { shares }) => sum + shares.estimatedNs, 0),
      },
      provenance: {
        file: name,
        sha256: trace.sha256(),
        compression: trace.compression,
        reader: readerReport(trace.statistics),
        ...joinProvenance(trace),
        events: Object.fromEntries(EVENT_NAMES.map((event, kind) => [event, counts[kind]])),
        topology: topologyProvenance(survey, declared),
        transforms: guest.report(),
      },
      curve: hasDma() ? curve?.result(name) : undefined,
    };
  } finally {
    await trace.batches.return(undefined);
  }
}

/** The model that must predict the recording's own hits and misses, if the profile names one. */
function recordedOracle(trace: OpenTrace, profile: LoadedProfile): RecordedOracle | VtdRecordedOracle | undefined {
  const model = profile.text('oracle.recorded');
  if (model === 'qemu-vtd-iotlb') return new VtdRecordedOracle({ entries: profile.number('tlb.main.entries') });
  if (model !== 'qemu-iotlb') return undefined;
  return new RecordedOracle({
    version: () => trace.join?.recorderVersion() ?? trace.statistics.version,
    entries: profile.number('tlb.main.entries'),
  });
}

async function* observed(
  batches: AsyncGenerator<EventBatch>,
  onBatch: (batch: EventBatch) => void,
): AsyncGenerator<EventBatch, void, void> {
  for await (const batch of batches) {
    onBatch(batch);
    yield batch;
  }
}
