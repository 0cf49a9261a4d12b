/**
 * What the main job is told: all that decides a result, and how it is watched and run.
 */
import type { RecordingOptions } from '../formats/open-recording.js';
import type { TransformOptions } from '../guest/transforms/transform.js';
import type { DmaMode } from '../replay/dma-feed.js';
import type { Pacing } from '../replay/pacing.js';
import type { TimelineProbe } from '../replay/timeline-probe.js';
import type { OpenRecording } from './transformed.js';

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
  /** Faults to inject (see replay/faults/fault.ts). */
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
  /** Threads that share the strategies of a trace, at most (default 1: the caller's own). They change nothing of a result. */
  readonly jobs?: number | undefined;
  /** Events times strategies from which further threads are started (default: THREADS_PAY_FROM, threads/division.ts). */
  readonly threadsPayFrom?: number | undefined;
}
