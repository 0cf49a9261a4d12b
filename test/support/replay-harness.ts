/**
 * The device under test: one trace in memory through one strategy, with the machine open for inspection.
 */

import { MigrationMetrics } from '../../src/metrics/migration-metrics.js';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { type LoadedProfile, loadProfile } from '../../src/profiles/load.js';
import type { DmaMode } from '../../src/replay/dma-feed.js';
import { parseFaults } from '../../src/replay/faults/fault.js';
import type { Pacing } from '../../src/replay/pacing.js';
import { Replay } from '../../src/replay/replay.js';
import { Survey } from '../../src/replay/survey.js';
import type { TimelineProbe } from '../../src/replay/timeline-probe.js';
import type { StrategyResult } from '../../src/results/document.js';
import { strategyResult } from '../../src/results/strategy-result.js';
import { createSmmu } from '../../src/session/smmu-settings.js';
import { migrating } from '../../src/strategies/migration.js';
import { resolveStrategies, type StrategyChoice } from '../../src/strategies/spec.js';
import { parseTopology } from '../../src/topology/load.js';
import type { TraceBuilder } from './trace-builder.js';

/** How to run; defaults as on the command line. */
export interface HarnessOptions {
  profile?: string | LoadedProfile;
  set?: readonly string[];
  pacing?: Pacing;
  dma?: DmaMode;
  warmup?: number;
  msi?: boolean;
  metrics?: ReplayMetrics;
  /** VMs that the trace was merged from. */
  vms?: number;
  /** Text of a topology file. */
  topology?: string;
  /** Change to the path `to` at trace time `atNs`. */
  migrate?: { readonly atNs: number; readonly to: string };
  /** Values of --fault. */
  faults?: readonly string[];
  timeline?: TimelineProbe;
  /** Compile every submission, whatever the transport says of itself. */
  compilesEach?: boolean;
}

/** A finished replay. */
export interface FinishedReplay {
  readonly result: StrategyResult;
  readonly replay: Replay;
  readonly metrics: ReplayMetrics;
}

/** Replay `trace` through the strategy `spec`. */
export async function replayThrough(
  trace: TraceBuilder,
  spec: string,
  options: HarnessOptions = {},
): Promise<FinishedReplay> {
  const profile =
    typeof options.profile === 'object'
      ? options.profile
      : loadProfile(options.profile ?? 'neoverse-mmu700', options.set);
  const { migrate } = options;
  const [resolved] = resolveStrategies([spec]);
  const from = options.compilesEach === true ? compilingEach(resolved) : resolved;
  const choice = migrate === undefined ? from : migrating(from, resolveStrategies([migrate.to])[0], migrate.atNs);
  const metrics = options.metrics ?? (migrate === undefined ? new ReplayMetrics() : new MigrationMetrics());
  const survey = await Survey.of(
    (async function* () {
      yield trace.batch;
    })(),
    undefined,
    undefined,
    options.vms ?? 1,
  );
  if (options.topology !== undefined) survey.topology.declare(parseTopology(options.topology, 'topology.yaml'));
  const replay = new Replay(
    choice,
    profile,
    survey,
    (topology) => createSmmu(profile, choice, topology, { seed: 1, safety: true }),
    {
      pacing: options.pacing ?? 'closed',
      dma: options.dma ?? 'ordered',
      warmup: options.warmup ?? 0,
      msi: options.msi ?? true,
      faults: parseFaults(options.faults ?? []),
      timeline: options.timeline,
    },
    metrics,
  );
  replay.consume(trace.batch);
  replay.finish();
  return { result: strategyResult('test', replay, metrics, profile, survey.hasDma), replay, metrics };
}

function compilingEach(choice: StrategyChoice): StrategyChoice {
  const { transport } = choice;
  return {
    ...choice,
    transport: { ...transport, create: (setup) => ({ ...transport.create(setup), compilesEach: true }) },
  };
}

/** Latency of the only submission of a replay, ns. */
export function onlyLatencyNs({ result }: FinishedReplay): number {
  if (result.latency.submission.count !== 1) throw new Error('the trace has more than one submission');
  return result.latency.submission.max_ns;
}
