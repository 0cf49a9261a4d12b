/** How a replay is run. */

import type { BackgroundLoad } from './background.js';
import type { DmaMode } from './dma-feed.js';
import type { Fault } from './faults/fault.js';
import type { Pacing } from './pacing.js';
import type { TimelineProbe } from './timeline-probe.js';

/** What decides the course of a replay, apart from trace, strategy and profile. */
export interface ReplayOptions {
  readonly pacing: Pacing;
  readonly dma: DmaMode;
  /** Events at the start of the trace that set the state up but do not count. */
  readonly warmup: number;
  /** Message-signalled interrupts count as translations. */
  readonly msi: boolean;
  /** The host's own traffic; undefined: none. */
  readonly background?: BackgroundLoad | undefined;
  /** Faults to inject. */
  readonly faults?: readonly Fault[] | undefined;
  /** Observer of the course in time; absent: none. */
  readonly timeline?: TimelineProbe | undefined;
}
