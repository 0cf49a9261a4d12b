/**
 * From a replay's course in time to a timeline: one track per vCPU, worker, VMM lock, command queue, command engine, walker
 * and device.
 *
 * What is shown: the submissions that events of the window publish, with everything done for their commands, and whatever
 * else the machine did between the start of the first of them and the end of the last. Nothing is kept of the rest, so the
 * memory is that of the written part.
 */

import { THREAD_KINDS } from '../replay/probe.js';
import { SERVED_BY_WORKER, type TimelineProbe } from '../replay/timeline-probe.js';
import { Cost } from '../strategies/path/costs.js';
import { stageName, stageOf } from '../strategies/path/own-times.js';
import type { Submission } from '../strategies/path/submission.js';
import { UsageError } from '../trace/errors.js';
import { Opcode, opcodeName } from '../trace/opcodes.js';
import type { EventWindow } from './event-window.js';
import { Lanes } from './lanes.js';
import type { TimelineSink } from './sink.js';

/** What a timeline holds. */
export interface TimelineCounts {
  slices: number;
  marks: number;
  /** Guest commands that are followed to their host commands. */
  flows: number;
}

/** One thread and what it has spent time on since its last slice. */
interface ThreadTrack {
  readonly track: number;
  readonly name: string;
  /** What its slices other than submissions are called. */
  readonly work: string;
  /** Stage (or SERVED_BY_WORKER), start and end of each span, flat. */
  spans: number[];
  /** An operation of several PROD writes is under way: its slice is open. */
  isOperationOpen: boolean;
  /** End of its latest publication, ns. */
  doneNs: number;
}

const NOT_FOLLOWED = 0;

/** Writes a timeline to a sink while a replay runs. */
export class TimelineRecorder implements TimelineProbe {
  readonly counts: TimelineCounts = { slices: 0, marks: 0, flows: 0 };
  private readonly threads = new Map<number, ThreadTrack>();
  private readonly tracks = new Map<string, number>();
  private readonly walkerLanes = new Map<number, Lanes>();
  /** Tag of the guest command behind an entry that is filled and not yet executed, by SMMU, queue and sequence. */
  private readonly tagOfEntry = new Map<string, number>();
  private lastTag = NOT_FOLLOWED;
  private started = 0;
  private outstanding = 0;
  /** Last event whose submission has been taken up and is not beyond the window. */
  lastEvent = 0;
  private hasPassed = false;

  constructor(
    private readonly sink: TimelineSink,
    private readonly window: EventWindow,
    /** Bytes that the sink may hold. */
    private readonly maxBytes: number,
  ) {}

  onThread(actor: number, kind: number, vm: number, index: number): void {
    const kindName = THREAD_KINDS[kind];
    const name = kindName === 'vcpu' ? `vCPU ${index}` : kindName === 'worker' ? `worker ${index}` : 'host traffic';
    const work = kindName === 'background' ? 'invalidation' : 'drain';
    const group = kindName === 'background' ? this.group('host') : this.group(`VM ${vm}`);
    this.threads.set(actor, {
      track: this.sink.openTrack(name, group),
      name,
      work,
      spans: [],
      isOperationOpen: false,
      doneNs: 0,
    });
  }

  onStart(submission: Submission): void {
    const isShown = submission.event >= this.window.first && submission.event <= this.window.last;
    if (submission.event > this.window.last) this.hasPassed = true;
    else if (submission.event > this.lastEvent) this.lastEvent = submission.event;
    submission.rowTag.fill(NOT_FOLLOWED, 0, submission.guestCount);
    if (!isShown) return;
    this.started++;
    this.outstanding++;
    for (let row = 0; row < submission.guestCount; row++) submission.rowTag[row] = ++this.lastTag;
    this.counts.flows += submission.guestCount;
  }

  onSpan(actor: number, cost: number, fromNs: number, untilNs: number): void {
    const thread = this.threads.get(actor);
    if (thread === undefined || untilNs <= fromNs || cost === Cost.vcpuWait) return;
    const stage = cost === SERVED_BY_WORKER ? SERVED_BY_WORKER : stageOf(cost);
    const { spans } = thread;
    // Steps of one stage that follow each other are one slice.
    if (spans.length > 0 && spans[spans.length - 3] === stage && spans[spans.length - 1] === fromNs) {
      spans[spans.length - 1] = untilNs;
    } else spans.push(stage, fromNs, untilNs);
  }

  onSubmissionEnd(actor: number, submission: Submission, startNs: number, doneNs: number): void {
    const thread = this.threads.get(actor)!;
    const spans = thread.spans.splice(0);
    const { guestCount, guestOpcode, rowTag, event, syncCount } = submission;
    if (event < this.window.first || event > this.window.last) {
      // What the window cuts off of an operation is not in its slice.
      this.endOperation(thread);
      return;
    }
    this.outstanding--;
    const { track } = thread;
    if (syncCount === 0 && !thread.isOperationOpen) {
      // The list goes on in the next PROD write: the gaps in this slice are the guest's own work.
      this.begin(track, startNs, 'operation', 0, { event });
      thread.isOperationOpen = true;
    }
    const name = `${guestCount} command${guestCount === 1 ? '' : 's'}`;
    this.begin(track, startNs, name, 0, { event, syncs: syncCount, published_ns: submission.publishedNs });
    for (let row = 0; row < guestCount; row++) {
      this.sink.mark(track, startNs, commandName(guestOpcode[row]), rowTag[row]);
      this.counts.marks++;
    }
    this.spans(track, spans, startNs, doneNs);
    this.sink.end(track, doneNs);
    thread.doneNs = doneNs;
    if (syncCount > 0) this.endOperation(thread);
    this.checkSize();
  }

  /** The replay has ended: close what no SYNC has. */
  end(): void {
    for (const thread of this.threads.values()) this.endOperation(thread);
  }

  private endOperation(thread: ThreadTrack): void {
    if (thread.isOperationOpen) this.sink.end(thread.track, thread.doneNs);
    thread.isOperationOpen = false;
  }

  onDrain(actor: number, commands: number, startNs: number, endNs: number): void {
    const { track, spans, work } = this.threads.get(actor)!;
    const all = spans.splice(0);
    if (!this.isOpen && this.outstanding === 0) return;
    // What lies before the drain is the wake-up.
    this.spans(track, all, Number.NEGATIVE_INFINITY, startNs);
    this.begin(track, startNs, `${work} of ${commands}`);
    this.spans(track, all, startNs, endNs);
    this.sink.end(track, endNs);
  }

  onLockHeld(vm: number, actor: number, sinceNs: number, untilNs: number): void {
    if (!this.isOpen) return;
    this.slice(this.track(`VM ${vm}`, 'VMM lock'), sinceNs, untilNs, this.threads.get(actor)?.name ?? 'VMM');
  }

  onFilled(smmu: number, queue: number, sequence: number, tag: number): void {
    if (tag !== NOT_FOLLOWED) this.tagOfEntry.set(`${smmu}/${queue}/${sequence}`, tag);
  }

  onExecuted(
    smmu: number,
    queue: number,
    sequence: number,
    opcode: number,
    startNs: number,
    fetchedNs: number,
    endNs: number,
    heldUntilNs: number,
  ): void {
    const entry = `${smmu}/${queue}/${sequence}`;
    const tag = this.tagOfEntry.get(entry) ?? NOT_FOLLOWED;
    this.tagOfEntry.delete(entry);
    if (tag === NOT_FOLLOWED && !this.isOpen) return;
    const engine = this.track(smmuName(smmu), 'command engine');
    const name = commandName(opcode);
    this.begin(engine, startNs, name, tag, { queue });
    this.slice(engine, startNs, Math.min(fetchedNs, endNs), 'fetch');
    this.slice(engine, fetchedNs, endNs, 'execute');
    this.sink.end(engine, endNs);
    if (opcode !== Opcode.SYNC) return;
    this.slice(this.track(smmuName(smmu), queueName(queue)), endNs, heldUntilNs, 'SYNC waits for ATC');
  }

  onDepth(smmu: number, queue: number, nowNs: number, entries: number): void {
    if (!this.isOpen) return;
    const key = `${smmuName(smmu)}/${queueName(queue)} entries`;
    let counter = this.tracks.get(key);
    if (counter === undefined) {
      counter = this.sink.openCounter(`${queueName(queue)} entries`, 'commands', this.group(smmuName(smmu)));
      this.tracks.set(key, counter);
    }
    this.sink.count(counter, nowNs, entries);
  }

  onDeviceWork(smmu: number, queue: number, sequence: number, sid: number, startNs: number, endNs: number): void {
    const tag = this.tagOfEntry.get(`${smmu}/${queue}/${sequence}`) ?? NOT_FOLLOWED;
    if (tag === NOT_FOLLOWED && !this.isOpen) return;
    this.slice(this.track('devices', `SID 0x${sid.toString(16)}`), startNs, endNs, 'ATC_INV', tag);
  }

  onWalk(smmu: number, sid: number, iovaPage: number, fromNs: number, untilNs: number): void {
    let lanes = this.walkerLanes.get(smmu);
    if (lanes === undefined) {
      lanes = new Lanes();
      this.walkerLanes.set(smmu, lanes);
    }
    const lane = lanes.place(fromNs, untilNs);
    if (!this.isOpen) return;
    const walker = this.track(smmuName(smmu), `walker ${lane}`);
    this.begin(walker, fromNs, 'walk', 0, {
      sid: `0x${sid.toString(16)}`,
      iova: `0x${(iovaPage * 4096).toString(16)}`,
    });
    this.sink.end(walker, untilNs);
  }

  /** The machine is between the start of the first and the end of the last submission that is shown. */
  private get isOpen(): boolean {
    return this.outstanding > 0 || (this.started > 0 && !this.hasPassed);
  }

  /** The spans that begin in [fromNs, untilNs), as slices. */
  private spans(track: number, spans: readonly number[], fromNs: number, untilNs: number): void {
    for (let i = 0; i < spans.length; i += 3) {
      const [stage, from, until] = spans.slice(i, i + 3);
      if (from < fromNs || from >= untilNs) continue;
      this.slice(track, from, until, stage === SERVED_BY_WORKER ? 'served by worker' : stageName(stage));
    }
  }

  private slice(track: number, fromNs: number, untilNs: number, name: string, flow = NOT_FOLLOWED): void {
    if (untilNs <= fromNs) return;
    this.begin(track, fromNs, name, flow);
    this.sink.end(track, untilNs);
  }

  private begin(
    track: number,
    atNs: number,
    name: string,
    flow = NOT_FOLLOWED,
    values?: Record<string, number | string>,
  ): void {
    this.counts.slices++;
    this.sink.begin(track, atNs, name, flow, values);
  }

  private group(name: string): number {
    return this.opened(name, () => this.sink.openTrack(name, 0));
  }

  private track(group: string, name: string): number {
    return this.opened(`${group}/${name}`, () => this.sink.openTrack(name, this.group(group)));
  }

  private opened(key: string, open: () => number): number {
    let track = this.tracks.get(key);
    if (track === undefined) {
      track = open();
      this.tracks.set(key, track);
    }
    return track;
  }

  private checkSize(): void {
    if (this.sink.bytes <= this.maxBytes) return;
    const megabytes = Math.floor(this.maxBytes / 1e6);
    const perThousand = Math.ceil((this.sink.bytes * 1000) / (this.lastEvent - this.window.first + 1) / 1000);
    throw new UsageError(
      `--perfetto: expected a timeline of at most ${megabytes} MB, found more at event ${this.lastEvent} (about ${perThousand} kB per 1000 events): choose a part with --events FROM..TO`,
    );
  }
}

function smmuName(smmu: number): string {
  return `SMMU ${smmu}`;
}

function queueName(queue: number): string {
  return `CMDQ ${queue}`;
}

function commandName(opcode: number): string {
  return opcodeName(opcode) ?? 'command that stops the queue';
}
