/**
 * The tool's main job: traces × strategies → result document. Each trace is decoded once and fed to all strategies in step.
 */
import { type Fault, parseFaults } from '../faults/fault.js';
import { MigrationMetrics } from '../metrics/migration-metrics.js';
import { ReplayMetrics } from '../metrics/replay-metrics.js';
import type { MrcResult } from '../mrc/document.js';
import { MissRatioCurve } from '../mrc/miss-ratio-curve.js';
import { RecordedOracle } from '../oracle/recorded-oracle.js';
import { VtdRecordedOracle } from '../oracle/vtd-recorded-oracle.js';
import { type LoadedProfile, loadProfile } from '../profiles/load.js';
import { openRecording, type RecordingOptions, requireSingleTrace } from '../readers/open-recording.js';
import type { OpenTrace } from '../readers/reader.js';
import { readerReport } from '../readers/reader-report.js';
import type { BackgroundLoad } from '../replay/background.js';
import type { DmaMode } from '../replay/dma-feed.js';
import type { Pacing } from '../replay/pacing.js';
import { Replay } from '../replay/replay.js';
import type { ReplayOptions } from '../replay/replay-options.js';
import { Survey } from '../replay/survey.js';
import type { TimelineProbe } from '../replay/timeline-probe.js';
import { RESULT_SCHEMA, type ResultDocument, type StrategyResult } from '../results/document.js';
import { strategyResult, timeShares } from '../results/strategy-result.js';
import { mapPaths, migrating } from '../strategies/migration.js';
import { resolveStrategies, type StrategyChoice } from '../strategies/spec.js';
import { type DeclaredTopology, loadTopology } from '../topology/load.js';
import { severalVms } from '../topology/several-vms.js';
import type { Topology } from '../topology/topology.js';
import { UsageError } from '../trace/errors.js';
import { EVENT_NAMES, type EventBatch } from '../trace/events.js';
import { withGuestFacts } from '../transforms/guest-facts.js';
import { transformSettings } from '../transforms/registry.js';
import type { TransformOptions } from '../transforms/transform.js';
import {
  checkAtcSizes,
  feedByDomains,
  refusingUnknownStreams,
  topologyProvenance,
  withTopology,
} from './declared-topology.js';
import { createSmmu } from './smmu-settings.js';
import { toolIdentity } from './tool-identity.js';
import { joinProvenance, parametersSha256, readingProvenance, traceName } from './trace-provenance.js';
import { type OpenRecording, type TransformedTrace, transformed } from './transformed.js';

/** Everything that decides a result; all of it is in the result's provenance. */
export interface RunOptions extends RecordingOptions {
  /** Built-in profile name or YAML file. */
  readonly profile: string;
  /** `KEY=VALUE` parameter overrides. */
  readonly set: readonly string[];
  /** `NAME[:key=value]…` or `all`. */
  readonly strategies: readonly string[];
  /** ATC targetings to cross the strategies with; empty: each strategy's own. */
  readonly atc: readonly string[];
  /** Every strategy hands over to `to` (specified alike) at trace time `atNs`, relative to the trace's start. */
  readonly migrate?: { readonly atNs: number; readonly to: string } | undefined;
  readonly pacing: Pacing;
  /** Translations in trace order, or at their recorded times. */
  readonly dma: DmaMode;
  /** Events at the start that do not count. */
  readonly warmup: number;
  /** Events to read at most. */
  readonly limit: number | undefined;
  /** Seed of random replacement. */
  readonly seed: number;
  /** Count message-signalled interrupts as translations. */
  readonly msi: boolean;
  /** Stale-use oracle. */
  readonly safety: boolean;
  /** Copies of each trace, as VMs of one host (default 1), and how far each is behind the one before, ns. */
  readonly vms?: number | undefined;
  readonly vmShiftNs?: number | undefined;
  /** The host's own invalidations per second (default none). */
  readonly backgroundPerS?: number | undefined;
  /** Topology file; absent: inferred from each trace. */
  readonly topology?: string | undefined;
  /** Faults to inject (see faults/fault.ts). */
  readonly faults?: readonly string[] | undefined;
  /** Guest-side what-ifs; absent: the trace as recorded. */
  readonly transforms?: TransformOptions | undefined;
  /** Also draw the miss-ratio curve of each trace; one VM only, because its contexts do not tell VMs apart. */
  readonly curves?: boolean | undefined;
}

/** Observation and interruption of a run. */
export interface RunHooks {
  onProgress?(bytesRead: number, totalBytes: number | undefined, events: number): void;
  readonly signal?: AbortSignal;
  /** Stands in for `openRecording`, for a trace that is decoded already. */
  readonly open?: OpenRecording;
  /** Observes the course in time of the only replay of the run. */
  readonly timeline?: TimelineProbe | undefined;
}

/** Replay every trace through every strategy. */
export async function runReplays(
  traces: readonly string[],
  given: RunOptions,
  hooks: RunHooks = {},
): Promise<ResultDocument> {
  requireSingleTrace(traces, given.with);
  const declared = given.topology === undefined ? undefined : loadTopology(given.topology);
  const transforms = withGuestFacts(given.transforms ?? {}, declared?.guest, declared?.file ?? '');
  const options: RunOptions = { ...given, transforms };
  const profile = loadProfile(options.profile, options.set);
  const choices = resolveChoices(options);
  if (hooks.timeline !== undefined && traces.length * choices.length !== 1) {
    throw new UsageError(`--perfetto: expected one trace, strategy and --atc, found ${traces.length * choices.length}`);
  }
  const faults = parseFaults(options.faults ?? []);
  if (declared !== undefined) checkAtcSizes(declared, profile);
  if (faults.length > 0) checkFaultScope(options, declared);
  if (options.curves === true && (options.vms ?? 1) > 1) {
    throw new UsageError(`--mrc: expected it without --vms, found --vms ${options.vms}`);
  }
  const results: StrategyResult[] = [];
  const curves: MrcResult[] = [];
  const provenance: ResultDocument['provenance']['traces'][number][] = [];
  const shares = { totalNs: 0, estimatedNs: 0 };
  for (const path of traces) {
    const run = await runTrace(path, choices, profile, declared, faults, options, hooks);
    results.push(...run.results);
    if (run.curve !== undefined) curves.push(run.curve);
    provenance.push(run.provenance);
    shares.totalNs += run.shares.totalNs;
    shares.estimatedNs += run.shares.estimatedNs;
  }
  return {
    schema: RESULT_SCHEMA,
    provenance: {
      tool: toolIdentity(),
      traces: provenance,
      profile: {
        name: profile.name,
        title: profile.title,
        parameters_sha256: parametersSha256(profile),
        overrides: Object.fromEntries(
          profile.parameters.filter((parameter) => parameter.overridden).map(({ key, value }) => [key, value]),
        ),
        estimate_share: shares.totalNs === 0 ? 0 : shares.estimatedNs / shares.totalNs,
      },
      transforms: transformSettings(transforms),
      ...(options.migrate === undefined ? {} : { migrate_at_ns: options.migrate.atNs }),
      pacing: options.pacing,
      dma: options.dma,
      warmup_events: options.warmup,
      limit_events: options.limit ?? null,
      seed: options.seed,
      msi: options.msi,
      ...(options.vms === undefined || options.vms === 1
        ? {}
        : { vms: options.vms, vm_shift_ns: options.vmShiftNs ?? 0 }),
      ...(options.backgroundPerS === undefined || options.backgroundPerS === 0
        ? {}
        : { background_per_s: options.backgroundPerS }),
      ...readingProvenance(options),
      ...(faults.length === 0 ? {} : { faults: faults.map(({ spec }) => spec) }),
    },
    results,
    ...(curves.length === 0 ? {} : { miss_ratio_curves: curves }),
  };
}

/** The strategies of `options`, each with its targetings and, if asked for, the path that takes over from it. */
function resolveChoices({ strategies, atc, migrate }: RunOptions): StrategyChoice[] {
  const choices = resolveStrategies(strategies, atc);
  if (migrate === undefined) return choices;
  // One per targeting, in the order in which each strategy has them.
  const next = resolveStrategies([migrate.to], atc);
  return choices.map((choice, index) => migrating(choice, next[index % next.length], migrate.atNs));
}

interface TraceRun {
  readonly results: StrategyResult[];
  readonly provenance: ResultDocument['provenance']['traces'][number];
  readonly shares: { totalNs: number; estimatedNs: number };
  /** Only if it was asked for and devices translated something. */
  readonly curve: MrcResult | undefined;
}

async function runTrace(
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
  const { vms = 1, vmShiftNs = 0 } = options;
  const guest = transformed(trace, path, { ...options, topology: declared, open });
  const batches = observed(severalVms(guest.batches, { vms, shiftNs: vmShiftNs }), tell);
  try {
    const survey = await Survey.of(batches, undefined, undefined, vms);
    if (declared !== undefined) survey.topology.declare(declared);
    const runs = choices.map((choice) => startReplay(choice, profile, survey, faults, options, hooks.timeline));
    // What the recorder saw is of the one guest that was recorded, as it was.
    const isAsRecorded = vms === 1 && transformSettings(options.transforms ?? {}).length === 0;
    const oracle = isAsRecorded ? recordedOracle(trace, profile) : undefined;
    const topologies = runs.map(({ replay }) => replay.topology);
    const { warmup, msi } = options;
    const curve = options.curves === true ? new MissRatioCurve({ skipMsi: !msi, warmup }) : undefined;
    const feed = (batch: EventBatch) => {
      feedByDomains(batch, topologies, (piece) => {
        for (const { replay } of runs) replay.consume(piece);
      });
      oracle?.consume(batch);
      curve?.consume(batch);
    };
    for (let i = 0; i < survey.batches.length; i++) {
      feed(survey.batches[i]);
      survey.batches[i] = EMPTY_BATCH; // let it go as soon as it has been fed
    }
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) feed(next.value);
    const hasDma = counts[EVENT_NAMES.indexOf('dma')] > 0;
    return {
      ...finishTrace(path, trace, guest, runs, counts, profile, survey, declared, oracle),
      curve: hasDma ? curve?.result(traceName(path)) : undefined,
    };
  } finally {
    await trace.batches.return(undefined);
  }
}

interface StartedReplay {
  readonly replay: Replay;
  readonly metrics: ReplayMetrics;
  /** Commands refused because the host does not know their vSID. */
  readonly unknownVsid: { count: number };
}

function startReplay(
  choice: StrategyChoice,
  profile: LoadedProfile,
  survey: Survey,
  faults: readonly Fault[],
  options: RunOptions,
  timeline: TimelineProbe | undefined,
): StartedReplay {
  const metrics = choice.migration === undefined ? new ReplayMetrics() : new MigrationMetrics();
  const makeSmmu = (topology: Topology) => createSmmu(profile, choice, topology, options);
  const unknownVsid = { count: 0 };
  const onUnknown = () => {
    if (replay.events > options.warmup) unknownVsid.count++;
  };
  const onHost = mapPaths(choice, (one) => refusingUnknownStreams(one, survey.topology, onUnknown));
  const background = backgroundLoad(options);
  const replayOptions: ReplayOptions = { ...options, background, faults, timeline };
  const replay = new Replay(onHost, profile, survey, makeSmmu, replayOptions, metrics);
  return { replay, metrics, unknownVsid };
}

/** @throws UsageError for what faults cannot be combined with */
function checkFaultScope({ vms = 1, migrate }: RunOptions, declared: DeclaredTopology | undefined): void {
  const other = vms > 1 ? '--vms' : migrate !== undefined ? '--migrate-at' : undefined;
  if (other !== undefined) throw new UsageError(`--fault: expected it without ${other}, found both`);
  const smmus = declared?.smmus?.length ?? 1;
  if (smmus > 1) throw new UsageError(`--fault: expected one SMMU in the topology file, found ${smmus}`);
}

function backgroundLoad({ backgroundPerS, seed }: RunOptions): BackgroundLoad | undefined {
  return backgroundPerS === undefined || backgroundPerS === 0 ? undefined : { perSecond: backgroundPerS, seed };
}

function finishTrace(
  path: string,
  trace: OpenTrace,
  guest: TransformedTrace,
  runs: readonly StartedReplay[],
  counts: readonly number[],
  profile: LoadedProfile,
  survey: Survey,
  declared: DeclaredTopology | undefined,
  oracle: RecordedOracle | VtdRecordedOracle | undefined,
): Omit<TraceRun, 'curve'> {
  const name = traceName(path);
  const hasDma = counts[EVENT_NAMES.indexOf('dma')] > 0;
  const shares = { totalNs: 0, estimatedNs: 0 };
  const results = runs.map(({ replay, metrics, unknownVsid }) => {
    replay.finish();
    const share = timeShares(metrics.spentNs, profile);
    shares.totalNs += share.totalNs;
    shares.estimatedNs += share.estimatedNs;
    const bare = strategyResult(name, replay, metrics, profile, hasDma);
    const result = withTopology(bare, replay.topology, unknownVsid.count + (replay.faults?.plan.unknownVsids ?? 0));
    metrics.destroy();
    return oracle === undefined ? result : { ...result, oracle: oracle.result };
  });
  return {
    results,
    shares,
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
  };
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

const EMPTY_BATCH = { count: 0 } as EventBatch;

async function* observed(
  batches: AsyncGenerator<EventBatch>,
  onBatch: (batch: EventBatch) => void,
): AsyncGenerator<EventBatch, void, void> {
  for await (const batch of batches) {
    onBatch(batch);
    yield batch;
  }
}
