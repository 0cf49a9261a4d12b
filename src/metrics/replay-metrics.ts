/**
 * The probe behind every result: latencies, breakdown, amplification and host CPU of one replay.
 */

import { LatencyRecorder } from '../numbers/latency-recorder.js';
import type { CostTrail } from '../replay/cost-trail.js';
import type { Operation } from '../replay/operation.js';
import { type ReplayProbe, THREAD_KINDS } from '../replay/probe.js';
import { MOST_COSTS } from '../strategies/path/own-times.js';
import type { Submission } from '../strategies/path/submission.js';
import type { HwptIoctl } from '../strategies/path/tally.js';
import { AmplificationCounter } from './amplification-counter.js';
import type { Counter, Measured } from './metric.js';
import { METRICS, type MetricList, type Values } from './registry.js';

/** Metrics of one replay. Warm-up is left out of everything here. */
export class ReplayMetrics implements ReplayProbe {
  /** Time for which the path holds the vCPU in an operation; the same by the clock, the guest's own work included. */
  readonly operation = new LatencyRecorder();
  readonly operationSpan = new LatencyRecorder();
  /** The PROD write that holds the SYNC → the guest sees it done. */
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
  /** Counters of the metrics that are files of their own, and those of them that want to hear of something. */
  private readonly counters = new Map<unknown, Counter>(METRICS.map((metric) => [metric, metric.count()]));
  private readonly ofCommands = this.hearing('onGuestCommand');
  private readonly ofSubmissions = this.hearing('onSubmission');
  private readonly ofOperations = this.hearing('onOperation');
  private readonly ofUnmaps = this.hearing('onUnmap');
  readonly sampler = this.hearing('sampler')[0]?.sampler;
  /** ns per cost id, summed over the operations that `operation` counts. */
  readonly spentNs = new Float64Array(MOST_COSTS);
  /** ns by ThreadKind. */
  readonly hostCpuNs = new Float64Array(THREAD_KINDS.length);
  firstPublishedNs = Number.POSITIVE_INFINITY;
  lastDoneNs = 0;
  /** Submissions, with and without SYNC. */
  publications = 0;
  /** Operations that the trace leaves without a SYNC, and how long they have held their vCPUs, ns. */
  operationsUnfinished = 0;
  unfinishedNs = 0;
  /** Operations of `operation` that take more than one PROD write, and how many these take together. */
  operationsInSeveralWrites = 0;
  writesOfThese = 0;
  /** Operations for which the path had nothing to do: no samples of anything. */
  operationsWithoutWork = 0;

  /** What those of `metrics` have counted. */
  resultsOf<M extends MetricList>(metrics: M, measured: Measured): Values<M> {
    return Object.assign({}, ...metrics.map((metric) => this.counters.get(metric)?.result(measured)));
  }

  onGuestCommand(opcode: number, isForwarded: boolean, measured: boolean, queue: number): void {
    if (measured) this.amplification.guestCommand(opcode, isForwarded);
    for (const counter of this.ofCommands) counter.onGuestCommand(opcode, isForwarded, measured, queue);
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

  onSubmission(submission: Submission, publishedNs: number, doneNs: number, trail: CostTrail, hasWork: boolean): void {
    if (!submission.measured) return;
    this.publications++;
    if (publishedNs < this.firstPublishedNs) this.firstPublishedNs = publishedNs;
    if (doneNs > this.lastDoneNs) this.lastDoneNs = doneNs;
    if (!hasWork) return;
    for (const counter of this.ofSubmissions) counter.onSubmission(submission, trail);
    this.stall.record(doneNs - publishedNs);
    if (submission.syncCount > 0) this.submission.record(doneNs - publishedNs);
  }

  onOperation(operation: Operation): void {
    for (const counter of this.ofOperations) counter.onOperation(operation);
    if (!operation.measured) return;
    const { publishedNs, doneNs, heldNs, publications, trail } = operation;
    if (!operation.hasWork) {
      this.operationsWithoutWork++;
      return;
    }
    if (publications > 1) {
      this.operationsInSeveralWrites++;
      this.writesOfThese += publications;
    }
    this.operation.record(heldNs);
    this.operationSpan.record(doneNs - publishedNs);
    trail.addTo(this.spentNs);
  }

  onUnfinishedOperation({ measured, hasWork, heldNs }: Operation): void {
    if (!measured || !hasWork) return;
    this.operationsUnfinished++;
    this.unfinishedNs += heldNs;
  }

  onUnmap(measured: boolean): void {
    for (const counter of this.ofUnmaps) counter.onUnmap(measured);
  }

  onTranslations(ns: number, count: number, measured: boolean): void {
    if (measured) this.translation.record(ns, count);
  }

  onBackground(ns: number): void {
    this.background.record(ns);
  }

  /** Give the memory of histograms back. */
  destroy(): void {
    const { operation, operationSpan, submission, command, stall, translation, background } = this;
    const all = [operation, operationSpan, submission, command, stall, translation, background];
    for (const recorder of [...all, this.hostIrqsOff, this.guestIrqsOff]) recorder.destroy();
    for (const counter of this.counters.values()) counter.destroy?.();
  }

  onIrqsOff(isHost: boolean, ns: number, measured: boolean): void {
    if (measured) (isHost ? this.hostIrqsOff : this.guestIrqsOff).record(ns);
  }

  onHostCpu(kind: number, ns: number): void {
    this.hostCpuNs[kind] += ns;
  }

  private hearing<H extends keyof Counter>(hook: H): (Counter & Required<Pick<Counter, H>>)[] {
    const all = [...this.counters.values()];
    return all.filter((one): one is Counter & Required<Pick<Counter, H>> => one[hook] !== undefined);
  }
}
