/**
 * Strategies that are replayed in step by one thread: all of a run, or a share of them. Nothing that a replay does depends on
 * the others, so that results are the same however strategies are divided.
 */
import { MigrationMetrics } from '../metrics/migration-metrics.js';
import { ReplayMetrics } from '../metrics/replay-metrics.js';
import type { LoadedProfile } from '../profiles/load.js';
import { Replay } from '../replay/replay.js';
import type { ReplayOptions } from '../replay/replay-options.js';
import type { Survey } from '../replay/survey.js';
import type { WrittenStrategyResult } from '../results/document.js';
import { strategyResult, type TimeShares, timeShares } from '../results/strategy-result.js';
import { pathsOf } from '../strategies/migration.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import type { EventBatch } from '../trace/events.js';
import { feedByDomains, withTopology } from './declared-topology.js';
import type { RunOptions } from './run-options.js';
import { createSmmu, type SmmuChoices } from './smmu-settings.js';

/** How every strategy of a run is replayed; without a timeline it is plain data, which can be posted to another thread. */
export type ReplaySettings = ReplayOptions & SmmuChoices;

/** The part of a run's options that is about the replay itself. */
export function replaySettings(
  { pacing, dma, warmup, msi, seed, safety, backgroundPerS }: RunOptions,
  more: Pick<ReplayOptions, 'faults' | 'timeline'>,
): ReplaySettings {
  const hasBackground = backgroundPerS !== undefined && backgroundPerS > 0;
  const background = hasBackground ? { perSecond: backgroundPerS, seed } : undefined;
  return { pacing, dma, warmup, msi, seed, safety, background, ...more };
}

/** A strategy of a run and its place among all of them. */
export interface NumberedChoice {
  /** Place in the document, from 0. */
  readonly number: number;
  readonly choice: StrategyChoice;
}

/** What a strategy comes to; plain data. */
export interface FinishedReplay {
  readonly number: number;
  readonly result: WrittenStrategyResult;
  readonly shares: TimeShares;
}

/**
 * Where a run stands: strategies take their turns, in the order of the document, in one step after the other (the start, each
 * piece of the trace, the end). Steps are the same in all threads, so that two places can be compared.
 */
export interface Place {
  readonly step: number;
  /** Number of the strategy whose turn it is; Infinity: all have had it. */
  readonly strategy: number;
}

interface StartedReplay {
  readonly number: number;
  readonly replay: Replay;
  readonly metrics: ReplayMetrics;
}

/** Some strategies on one trace: `start`, then every batch, then `finish`. */
export class StrategyReplays {
  private readonly runs: StartedReplay[] = [];
  private topologies: readonly Topology[] = [];
  private step = 0;
  private strategy = Number.POSITIVE_INFINITY;

  constructor(
    private readonly choices: readonly NumberedChoice[],
    private readonly profile: LoadedProfile,
    private readonly survey: Survey,
    private readonly settings: ReplaySettings,
  ) {}

  /** Where it stands; after an exception, where that came from. */
  get place(): Place {
    return { step: this.step, strategy: this.strategy };
  }

  /** Make every replay. */
  start(): void {
    for (const { number, choice } of this.choices) {
      this.strategy = number;
      this.runs.push(startReplay(number, choice, this.profile, this.survey, this.settings));
    }
    this.strategy = Number.POSITIVE_INFINITY;
    this.topologies = this.runs.map(({ replay }) => replay.topology);
  }

  /** Feed one batch to all. */
  consume(batch: EventBatch): void {
    const { runs } = this;
    feedByDomains(batch, this.topologies, (piece) => {
      this.step++;
      for (const { number, replay } of runs) {
        this.strategy = number;
        replay.consume(piece);
      }
      this.strategy = Number.POSITIVE_INFINITY;
    });
  }

  /**
   * The trace has ended.
   * @param trace its name in results
   */
  finish(trace: string, hasDma: boolean): FinishedReplay[] {
    const { profile } = this;
    this.step++;
    const finished = this.runs.map(({ number, replay, metrics }) => {
      this.strategy = number;
      replay.finish();
      const shares = timeShares(metrics.spentNs, profile);
      const result = withTopology(strategyResult(trace, replay, metrics, profile, hasDma), replay.topology);
      metrics.destroy();
      return { number, result, shares };
    });
    this.checkUserCode();
    this.strategy = Number.POSITIVE_INFINITY;
    return finished;
  }

  /** What a replay has left outside of its instance of a user's strategy would be in other results. */
  private checkUserCode(): void {
    for (const { number, choice } of this.choices) {
      this.strategy = number;
      for (const { transport, options } of pathsOf(choice)) transport.recheck?.(setupOf(options, this.profile));
    }
  }
}

function startReplay(
  number: number,
  choice: StrategyChoice,
  profile: LoadedProfile,
  survey: Survey,
  settings: ReplaySettings,
): StartedReplay {
  const metrics = choice.migration === undefined ? new ReplayMetrics() : new MigrationMetrics();
  const makeSmmu = (topology: Topology) => createSmmu(profile, choice, topology, settings);
  const replay = new Replay(choice, profile, survey, makeSmmu, settings, metrics);
  return { number, replay, metrics };
}
