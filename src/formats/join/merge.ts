/**
 * Two aligned recordings as one stream of events.
 *
 * Order is that of the translation side, because QEMU does its work in the order in which it logs it. A submission that
 * both recorded is written once, from the command side: raw words, vCPU, doorbell, completion. Times are those of the
 * translation side's clock, line numbers those of the recording that an event came from. A doorbell bears the time at which the driver was entered; translations that stand before it
 * are no later than it. The recorded latency of a submission is kept to the nanosecond: if its doorbell has to wait for
 * the order of the queue, its completion moves with it.
 */
import { ABSENT, BATCH_ROWS, EventBatch, EventFlag, EventKind } from '../../trace/events.js';
import type { Alignment } from './alignment.js';
import type { ClockMap } from './clocks.js';
import { PendingEvents } from './pending-events.js';
import type { Recording, Submission } from './recording.js';

/** Merge `calls` into `stream`; without `clock` the times are ordinals. */
export function* merge(
  calls: Recording,
  stream: Recording,
  alignment: Alignment,
  clock: ClockMap | undefined,
): Generator<EventBatch, void, void> {
  yield* new Merger(calls, stream, alignment, clock).run();
}

class Merger {
  private batch = new EventBatch(BATCH_ROWS);
  private full: EventBatch[] = [];
  private lastNs = 0;
  private ordinal = 0;
  private readonly vcpuOf: Map<number, number>;
  private readonly doorbellNs: Float64Array;
  private readonly pending = new PendingEvents();
  /** Mappings of the command side, in order. */
  private mappingBatch = 0;
  private mappingRow = 0;

  constructor(
    private readonly calls: Recording,
    private readonly stream: Recording,
    private readonly alignment: Alignment,
    private readonly clock: ClockMap | undefined,
  ) {
    this.vcpuOf = matchVcpus(calls, stream, alignment);
    this.doorbellNs = this.planDoorbells();
  }

  *run(): Generator<EventBatch, void, void> {
    const { submissionAt } = this.alignment;
    const { submissions } = this.calls;
    /** Number of the current command in the stream, and of the first one behind the submission just written. */
    let command = 0;
    let writtenTo = 0;
    let strangers = 0;
    let nextMatch = this.nextMatch(0);
    const ownDoorbells = new Set<number>();
    for (const batch of this.stream.batches) {
      const { kind, vcpu, timeNs } = batch;
      for (let row = 0; row < batch.count; row++) {
        switch (kind[row]) {
          case EventKind.Cmd: {
            const at = command++;
            if (at < writtenTo) break;
            const index = submissionAt[at];
            if (index < 0) {
              this.copy(batch, row, this.timeOf(timeNs[row], nextMatch));
              strangers++;
              break;
            }
            this.writeSubmission(submissions[index], index, at);
            writtenTo = at + submissions[index].count;
            nextMatch = this.nextMatch(writtenTo);
            strangers = 0;
            break;
          }
          case EventKind.Doorbell:
            if (strangers > 0) {
              this.copy(batch, row, this.timeOf(timeNs[row], nextMatch));
              ownDoorbells.add(vcpu[row]);
            } else ownDoorbells.delete(vcpu[row]);
            strangers = 0;
            break;
          case EventKind.SyncDone:
            if (ownDoorbells.delete(vcpu[row])) this.copy(batch, row, this.timeOf(timeNs[row], nextMatch));
            break;
          default:
            this.copy(batch, row, this.timeOf(timeNs[row], nextMatch));
        }
      }
      yield* this.takeFull();
    }
    this.releaseUntil(Number.POSITIVE_INFINITY);
    yield* this.takeFull();
    if (this.batch.count > 0) yield this.batch;
  }

  /**
   * When each matched submission rings its doorbell: at its entry, but never before the one in front of it in the queue,
   * nor before the vCPU saw its own last one done.
   */
  private planDoorbells(): Float64Array {
    const { submissionAt } = this.alignment;
    const { submissions } = this.calls;
    const planned = new Float64Array(submissions.length).fill(ABSENT);
    const doneByVcpu = new Map<number, { entryNs: number; doneNs: number; plannedDoneNs: number }>();
    let lastNs = 0;
    for (let at = 0; at < submissionAt.length; at++) {
      const index = submissionAt[at];
      if (index < 0) continue;
      const submission = submissions[index];
      let ns = Math.max(lastNs, this.mapped(submission.doorbellNs));
      const before = doneByVcpu.get(submission.vcpu);
      if (before !== undefined && before.doneNs <= submission.doorbellNs) ns = Math.max(ns, before.plannedDoneNs);
      planned[index] = ns;
      lastNs = ns;
      if (submission.doneNs >= 0) {
        const plannedDoneNs = ns + submission.doneNs - submission.doorbellNs;
        doneByVcpu.set(submission.vcpu, { entryNs: submission.doorbellNs, doneNs: submission.doneNs, plannedDoneNs });
      }
    }
    return planned;
  }

  private mapped(timeNs: number): number {
    return this.clock === undefined ? 0 : Math.max(0, this.clock.map(timeNs));
  }

  /** The submission that begins at the first matched command from `from` on, or −1. */
  private nextMatch(from: number): number {
    const { submissionAt, to } = this.alignment;
    for (let at = from; at < to; at++) if (submissionAt[at] >= 0) return submissionAt[at];
    return ABSENT;
  }

  /** Time of an event of the stream: its own, but not after the doorbell that follows it. */
  private timeOf(timeNs: number, nextMatch: number): number {
    return nextMatch < 0 ? timeNs : Math.min(timeNs, this.doorbellNs[nextMatch]);
  }

  /** Write a submission of the command side; in the stream its commands begin at number `recordedAt`. */
  private writeSubmission(submission: Submission, index: number, recordedAt: number): void {
    const { calls, stream } = this;
    const ns = this.doorbellNs[index];
    for (let at = submission.first; at < submission.first + submission.count; at++) {
      const recorded = recordedAt + at - submission.first;
      const from = calls.commandBatch[at];
      const row = calls.commandRow[at];
      const to = this.append(EventKind.Cmd, ns, from.line[row]);
      const { batch } = this;
      batch.cmd0Low[to] = from.cmd0Low[row];
      batch.cmd0High[to] = from.cmd0High[row];
      batch.cmd1Low[to] = from.cmd1Low[row];
      batch.cmd1High[to] = from.cmd1High[row];
      // Only the VMM knows what it kept from the host.
      const kept = stream.commandBatch[recorded].flags[stream.commandRow[recorded]] & EventFlag.NoVdevice;
      batch.flags[to] = from.flags[row] | kept;
      batch.vcpu[to] = submission.vcpu;
    }
    const to = this.append(EventKind.Doorbell, ns, submission.doorbellLine);
    this.batch.vcpu[to] = submission.vcpu;
    if (submission.doneNs < 0) return;
    this.pending.push(ns + submission.doneNs - submission.doorbellNs, submission);
  }

  /** Copy an event of the stream. */
  private copy(from: EventBatch, row: number, timeNs: number): void {
    const to = this.append(from.kind[row] as EventKind, timeNs, from.line[row]);
    copyColumns(from, row, this.batch, to);
    if (from.vcpu[row] >= 0) this.batch.vcpu[to] = this.vcpuOf.get(from.vcpu[row]) ?? from.vcpu[row];
  }

  /** Append a row after everything that was due before it. */
  private append(kind: EventKind, timeNs: number, line: number): number {
    this.releaseUntil(timeNs);
    return this.put(kind, timeNs, line);
  }

  /** Write the completions and mappings that are due by `timeNs`, in order of time. */
  private releaseUntil(timeNs: number): void {
    if (this.clock === undefined && timeNs !== Number.POSITIVE_INFINITY) {
      // Without clocks a submission is done at once, and mappings have no place.
      for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) this.writeDone(next, 0);
      return;
    }
    for (;;) {
      const doneNs = this.pending.nextNs();
      const mappingNs = this.clock === undefined ? Number.POSITIVE_INFINITY : this.nextMappingNs();
      const dueNs = Math.min(doneNs, mappingNs);
      if (dueNs > timeNs || dueNs === Number.POSITIVE_INFINITY) return;
      if (mappingNs < doneNs) this.writeMapping(mappingNs);
      else this.writeDone(this.pending.pop() as Submission, doneNs);
    }
  }

  private writeDone(submission: Submission, timeNs: number): void {
    const to = this.put(EventKind.SyncDone, timeNs, submission.doneLine);
    this.batch.vcpu[to] = submission.vcpu;
  }

  /** Time of the next mapping of the command side; infinity at its end. */
  private nextMappingNs(): number {
    const { batches } = this.calls;
    for (; this.mappingBatch < batches.length; this.mappingBatch++, this.mappingRow = 0) {
      const { kind, timeNs, count } = batches[this.mappingBatch];
      for (; this.mappingRow < count; this.mappingRow++) {
        const is = kind[this.mappingRow];
        if (is === EventKind.Map || is === EventKind.Unmap) return this.mapped(timeNs[this.mappingRow]);
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  private writeMapping(timeNs: number): void {
    const from = this.calls.batches[this.mappingBatch];
    const row = this.mappingRow++;
    const to = this.put(from.kind[row] as EventKind, timeNs, from.line[row]);
    copyColumns(from, row, this.batch, to);
  }

  private put(kind: EventKind, timeNs: number, line: number): number {
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    if (this.clock === undefined) this.lastNs = this.ordinal++;
    else if (timeNs > this.lastNs) this.lastNs = timeNs;
    return this.batch.append(kind, this.lastNs, line);
  }

  private takeFull(): EventBatch[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }
}

/** vCPU numbers of the stream → those of the submissions, by the majority of common submissions. */
function matchVcpus(calls: Recording, stream: Recording, { submissionAt }: Alignment): Map<number, number> {
  const votes = new Map<number, Map<number, number>>();
  for (let at = 0; at < submissionAt.length; at++) {
    if (submissionAt[at] < 0) continue;
    const from = stream.commandBatch[at].vcpu[stream.commandRow[at]];
    const to = calls.submissions[submissionAt[at]].vcpu;
    const of = votes.get(from) ?? new Map<number, number>();
    votes.set(from, of.set(to, (of.get(to) ?? 0) + 1));
  }
  const chosen = new Map<number, number>();
  const taken = new Set<number>();
  const claims = [...votes].flatMap(([from, of]) => [...of].map(([to, count]) => ({ from, to, count })));
  for (const { from, to } of claims.sort((a, b) => b.count - a.count)) {
    if (chosen.has(from) || taken.has(to)) continue;
    chosen.set(from, to);
    taken.add(to);
  }
  // A thread that shares no submission keeps apart from those that do.
  for (let at = 0; at < stream.commands; at++) {
    const from = stream.commandBatch[at].vcpu[stream.commandRow[at]];
    if (from < 0 || chosen.has(from)) continue;
    let to = 0;
    while (taken.has(to)) to++;
    chosen.set(from, to);
    taken.add(to);
  }
  return chosen;
}

/** Every column but kind, time and line. */
function copyColumns(from: EventBatch, row: number, into: EventBatch, to: number): void {
  into.vcpu[to] = from.vcpu[row];
  into.queue[to] = from.queue[row];
  into.cmd0Low[to] = from.cmd0Low[row];
  into.cmd0High[to] = from.cmd0High[row];
  into.cmd1Low[to] = from.cmd1Low[row];
  into.cmd1High[to] = from.cmd1High[row];
  into.sid[to] = from.sid[row];
  into.ssid[to] = from.ssid[row];
  into.asid[to] = from.asid[row];
  into.vmid[to] = from.vmid[row];
  into.iovaPage[to] = from.iovaPage[row];
  into.iovaOffset[to] = from.iovaOffset[row];
  into.pageSizeLog2[to] = from.pageSizeLog2[row];
  into.granuleLog2[to] = from.granuleLog2[row];
  into.pages[to] = from.pages[row];
  into.access[to] = from.access[row];
  into.outcome[to] = from.outcome[row];
  into.flags[to] = from.flags[row];
}
