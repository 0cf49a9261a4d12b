/**
 * The probe behind every result: latencies, breakdown, amplification and host CPU of one replay.
 */

import { LatencyRecorder } from '../distribution/latency-recorder.js';
import { COST_COUNT } from '../path/costs.js';
import type { Submission } from '../path/submission.js';
import type { HwptIoctl } from '../path/tally.js';
import type { Course } from '../replay/course.js';
import { type ReplayProbe, THREAD_KINDS } from '../replay/probe.js';
import { AmplificationCounter } from './amplification-counter.js';
import { CounterSeries } from './counter-series.js';
import { SlowestSubmissions } from './slowest-submissions.js';

/** Metrics of one replay. Warm-up is left out of everything here. */
export class ReplayMetrics implements ReplayProbe {
  /** PROD write → the guest sees its SYNC done. */
  readonly submission = new LatencyRecorder();
  /** Published → in effect. */
  readonly command = new LatencyRecorder();
  /** Trap and wait of the guest, of submissions without SYNC too. */
  readonly stall = new LatencyRecorder();
  /** Unloaded latency of translations. */
  readonly translation = new LatencyRecorder();
  /** Arrival → SYNC seen done, of the host's own invalidations. */
  readonly background = new LatencyRecorder();
  /** Interrupts off, per issue of a command list: on CPUs of the host, and of guests that own their queue. */
  readonly hostIrqsOff = new LatencyRecorder();
  readonly guestIrqsOff = new LatencyRecorder();
  readonly amplification = new AmplificationCounter();
  readonly slowest = new SlowestSubmissions();
  /** Lookups and misses by cause of the main TLBs over trace time. */
  readonly sampler = new CounterSeries();
  /** ns per cost id, summed over the submissions that `submission` counts. */
  readonly spentNs = new Float64Array(COST_COUNT);
  /** ns by ThreadKind. */
  readonly hostCpuNs = new Float64Array(THREAD_KINDS.length);
  firstPublishedNs = Number.POSITIVE_INFINITY;
  lastDoneNs = 0;
  /** Submissions, with and without SYNC. */
  publications = 0;

  onGuestCommand(opcode: number, isForwarded: boolean, measured: boolean): void {
    if (measured) this.amplification.guestCommand(opcode, isForwarded);
  }

  onRefused(opcode: number, measured: boolean): void {
    if (measured) this.amplification.refused[opcode]++;
  }

  onSwallowed(opcode: number, measured: boolean): void {
    if (measured) this.amplification.swallowed[opcode]++;
  }

  onHostCommand(opcode: number, extraCause: number, measured: boolean): void {
    if (measured) this.amplification.hostCommand(opcode, extraCause);
  }

  onAddedSync(measured: boolean): void {
    if (measured) this.amplification.addedSync();
  }

  onHwptIoctl(kind: HwptIoctl, measured: boolean): void {
    if (measured) this.amplification.hwptIoctl(kind);
  }

  onExit(cause: string, measured: boolean): void {
    if (measured) this.amplification.exit(cause);
  }

  onIoctl(measured: boolean): void {
    if (measured) this.amplification.ioctls++;
  }

  onCommandEffect(_opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
    if (measured) this.command.record(effectNs - publishedNs);
  }

  onSubmission(submission: Submission, publishedNs: number, doneNs: number, course: Course): void {
    if (!submission.measured) return;
    this.publications++;
    if (publishedNs < this.firstPublishedNs) this.firstPublishedNs = publishedNs;
    if (doneNs > this.lastDoneNs) this.lastDoneNs = doneNs;
    this.stall.record(doneNs - publishedNs);
    if (submission.syncCount === 0) return;
    this.submission.record(doneNs - publishedNs);
    this.slowest.offer(submission, publishedNs, doneNs - publishedNs, course);
    course.addTo(this.spentNs);
  }

  onTranslations(ns: number, count: number, measured: boolean): void {
    if (measured) this.translation.record(ns, count);
  }

  onBackground(ns: number): void {
    this.background.record(ns);
  }

  /** Give the memory of histograms back. */
  destroy(): void {
    const { submission, command, stall, translation, background, hostIrqsOff, guestIrqsOff } = this;
    const all = [submission, command, stall, translation, background, hostIrqsOff, guestIrqsOff];
    for (const recorder of all) recorder.destroy();
  }

  onIrqsOff(isHost: boolean, ns: number, measured: boolean): void {
    if (measured) (isHost ? this.hostIrqsOff : this.guestIrqsOff).record(ns);
  }

  onHostCpu(kind: number, ns: number): void {
    this.hostCpuNs[kind] += ns;
  }
}
