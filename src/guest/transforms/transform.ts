/**
 * The contract of a guest-side transform: what if the same guest had been set up differently (design §4)?
 *
 * Contract:
 * - `transform` is streaming: memory is bounded by what is in flight (commands between two doorbells, one batch, one
 *   record per stream), never by the length of the trace. The batches it is given are its own to change; those it yields
 *   are its consumer's to keep.
 * - Times never go back. An inserted event carries the time of the event that it follows: no recorded time passes in it,
 *   the replay's model says how long it takes.
 * - An inserted submission is complete: its commands, a CMD_SYNC, the doorbell that publishes them, and a `sync-done` of
 *   the same vCPU if the trace records completions (never if it does not).
 * - What a transform did is in `counts()`, and with its settings in the result's provenance.
 */

import type { TopologyFile } from '../../topology/schema.js';
import type { EventBatch } from '../../trace/events.js';
import type { GuestEra } from '../driver/eras.js';

/** One stage, for one pass over one trace. */
export interface Transform {
  transform(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch, void, void>;
  /** What was done so far, snake_case keys. */
  counts(): Readonly<Record<string, number>>;
}

/** What the user asked for; what is left out is as recorded. */
export interface TransformOptions {
  /** Insert the ATC_INVs of a guest whose devices have ATS. */
  readonly guestAts?: boolean | undefined;
  /** Range invalidations: encode, or expand. */
  readonly guestRil?: 'on' | 'off' | undefined;
  /** Strict unmaps become flush-queue flushes. */
  readonly guestLazy?: boolean | undefined;
  /** Kernel era whose thresholds hold. */
  readonly guestKernel?: GuestEra | undefined;
  /** All times since the first event times this. */
  readonly timeScale?: number | undefined;
  /** The trace so many times in a row. */
  readonly repeat?: number | undefined;
}

/** What a transform may consult. */
export interface TransformContext {
  /** Name of the trace for messages. */
  readonly file: string;
  /** Devices and domains from a topology file. */
  readonly topology: TopologyFile | undefined;
  /** Time base of the trace; known once its first batch has been drawn. */
  timeBase(): 'clock' | 'order-only';
}

/** One kind of transform. A new one is one file that exports one of these and one line in registry.ts. */
export interface TransformDefinition {
  /** Name in the provenance: its flag without the dashes. */
  readonly name: string;
  /** Its settings under `options`, or undefined if it is not asked for. */
  settings(options: TransformOptions): Readonly<Record<string, string | number>> | undefined;
  create(options: TransformOptions, context: TransformContext): Transform;
}
