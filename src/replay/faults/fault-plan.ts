/**
 * The half of errors that follows trace order: inserts the bad commands of `--fault`, finds those of the trace (trace-errors.ts),
 * and decides, publication by publication, which rows fail, which are lost with them and which a dead worker never takes up.
 */
import { ILLEGAL } from '../../machine/engine/queue-errors.js';
import { batchLoss } from '../../strategies/batch-errors.js';
import type { ErrorBehaviour } from '../../strategies/error-behaviour.js';
import { HostCommandSink } from '../../strategies/host-commands.js';
import { SKIPPED } from '../../strategies/path/submission.js';
import { Fate, type Transport } from '../../strategies/transport.js';
import type { Topology } from '../../topology/topology.js';
import type { CommandWords } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import type { GuestQueue } from '../guest-queue.js';
import { applicable, type Incident } from './incident.js';
import type { TraceErrors } from './trace-errors.js';

/** Bits of GuestQueue.flags that no event has: an inserted command, and one that a dead worker never takes up. */
const INJECTED = 256;
const AFTER_DEATH = 512;

/** What becomes of a row of the publication at hand. Values from 1 to 100 are 1 + the number of the incident. */
const enum FaultFate {
  Normal = 0,
  /** The VMM drops it with success. */
  Dropped = 252,
  Lost = 253,
  Failed = 254,
}

/** Fates of the guest's commands in one replay. */
export class FaultPlan {
  private readonly unknownSid: number;
  private commands = 0;
  private deathReached = false;
  private fates = new Uint8Array(16);
  /** Something has failed, or can: threads have to look whether the queue stands. */
  isArmed: boolean;
  /** Errors of the trace on the path of the publication at hand. */
  private traceErrors: TraceErrors;
  private readonly injects: boolean;
  /** Lets a transport keep track of a command that goes nowhere. */
  private readonly nowhere = new HostCommandSink({ targets: () => NO_STREAM }, { onHostCommand() {} });

  constructor(
    private readonly incidents: readonly Incident[],
    private readonly behaviour: ErrorBehaviour,
    private readonly topology: Topology,
    /** Device that answers no ATC invalidation; -1: none. */
    readonly silentSid: number,
    /** Of each path. */
    private readonly errorsOfPath: readonly TraceErrors[],
  ) {
    this.isArmed = incidents.length > 0;
    this.injects = this.isArmed;
    this.traceErrors = errorsOfPath[0];
    this.unknownSid = unknownStream(topology);
  }

  /** The guest writes a command into `queue`: put in front of it what is due. Returns the command's flags. */
  beforeCommand(queue: GuestQueue, flags: number): number {
    if (!this.injects) {
      this.commands++;
      return flags;
    }
    for (let found = true; found; ) {
      found = false;
      for (const [number, { fault, answer }] of this.incidents.entries()) {
        if ((fault.kind !== 'illegal' && fault.kind !== 'unknown-vsid') || fault.command !== this.commands + 1)
          continue;
        if ('notApplicable' in answer) continue;
        const sid = fault.kind === 'illegal' ? 0 : this.unknownSid;
        queue.push(fault.opcode, sid, 0, number, INJECTED | this.countCommand());
        found = true;
      }
    }
    return flags | this.countCommand();
  }

  /** What is published from now on goes by the second path. */
  changePath(): void {
    this.traceErrors = this.errorsOfPath[1];
  }

  /**
   * Called before the rows of `queue` are forwarded: settle what becomes of each.
   * @param published commands published before this publication
   */
  planPublication(queue: GuestQueue, published: number, measured: boolean): void {
    const { count, flags } = queue;
    if (this.fates.length < count) this.fates = new Uint8Array(count * 2);
    this.fates.fill(FaultFate.Normal, 0, count);
    let from = 0;
    let previousOpcode = -1;
    for (let row = 0; row < count; row++) {
      const opcode = queue.c0Low[row] & 0xff;
      const before = previousOpcode;
      if (opcode !== Opcode.SYNC) previousOpcode = opcode;
      if ((flags[row] & AFTER_DEATH) !== 0) this.planDeath(row, opcodesOf(queue));
      else {
        const number = (flags[row] & INJECTED) !== 0 ? queue.c1High[row] : this.traceErrors.judge(queue, row, before);
        if (number < 0) continue;
        const incident = this.incidents[number];
        if (incident.occurrences++ === 0) incident.firstCommand = published + row + 1;
        if (measured) incident.measured++;
        if (this.planBadCommand(number, from, row, queue)) from = row + 1;
      }
    }
  }

  /** True for an inserted command: it says nothing about the guest's devices. */
  isInjected(flags: number): boolean {
    return (flags & INJECTED) !== 0;
  }

  /** Nothing is wrong with row `row`, nor with what it depends on. */
  isSound(row: number): boolean {
    return this.fates[row] === FaultFate.Normal;
  }

  /** In place of Transport.forward for a row that is not sound: it goes no further. */
  forward(
    transport: Transport,
    row: number,
    words: CommandWords,
    sink: HostCommandSink,
    receiver: { onHostCommand(...command: [number, number, number, number, number, number]): void },
    previousOpcode: number,
  ): Fate {
    const fate = this.fates[row];
    const isSync = (words[0] & 0xff) === Opcode.SYNC;
    if (isSync) return transport.forward(...words, sink, previousOpcode);
    if (fate === FaultFate.Lost) return Fate.Swallowed;
    if (fate === FaultFate.Failed) return Fate.Refused;
    if (fate === FaultFate.Dropped) {
      this.keepTrack(transport, words, previousOpcode);
      return Fate.Absorbed;
    }
    const incident = this.incidents[fate - 1];
    if (incident.fault.kind === 'dead-worker') return Fate.Refused;
    const { answer } = incident;
    const by = 'by' in answer ? answer.by : 'nobody';
    if (by === 'nobody') return this.forwardUnseen(transport, words, sink, previousOpcode);
    this.keepTrack(transport, words, previousOpcode);
    if (by !== 'smmu') return Fate.Refused;
    receiver.onHostCommand(ILLEGAL, 0, 0, 0, fate - 1, -1);
    return Fate.Forwarded;
  }

  private keepTrack(transport: Transport, words: CommandWords, previousOpcode: number): void {
    this.nowhere.isSidUnknown = true;
    transport.forward(...words, this.nowhere, previousOpcode);
  }

  /** A bad command that nobody finds: a stream that nobody has stands for any device of any domain. */
  private forwardUnseen(
    transport: Transport,
    words: CommandWords,
    sink: HostCommandSink,
    previousOpcode: number,
  ): Fate {
    if ((words[0] & 0xff) !== Opcode.ATC_INV) return transport.forward(...words, sink, previousOpcode);
    if (this.topology.atsStreamsOfAsid(-1).length === 0) return Fate.Swallowed;
    sink.isSidUnknown = true;
    return transport.forward(...words, sink, previousOpcode);
  }

  /** `guestFault` of row `row` (see Submission). */
  markOf(row: number): number {
    const fate = this.fates[row];
    if (fate === FaultFate.Normal || fate === FaultFate.Dropped) return 0;
    if (fate === FaultFate.Lost || fate === FaultFate.Failed) return SKIPPED;
    const { answer } = this.incidents[fate - 1];
    return 'by' in answer && answer.by === 'nobody' && answer.guestLearns === 'never' ? 0 : fate;
  }

  /** Row `row` fails, and the guest is told: it covers nothing. */
  isKnownToFail(row: number): boolean {
    const mark = this.markOf(row);
    return mark !== 0 && mark !== SKIPPED;
  }

  /** The guest sends an ATC_INV to `sid`. True if it will be told that it failed: it covers nothing. */
  failsAtc(sid: number): boolean {
    const incident = sid === this.silentSid ? applicable(this.incidents, 'silent-device') : undefined;
    if (incident === undefined || !('guestLearns' in incident.answer)) return false;
    incident.isInjected = true;
    if (incident.answer.guestLearns === 'never') return false;
    incident.failed++;
    return true;
  }

  /** Counts a command; returns AFTER_DEATH if the worker never takes it up. */
  private countCommand(): number {
    this.commands++;
    const death = applicable(this.incidents, 'dead-worker')?.fault;
    return death?.kind === 'dead-worker' && this.commands >= death.command ? AFTER_DEATH : 0;
  }

  private planDeath(row: number, opcodes: readonly number[]): void {
    const number = this.incidents.findIndex(({ fault }) => fault.kind === 'dead-worker');
    const incident = this.incidents[number];
    this.fates[row] = this.deathReached ? FaultFate.Failed : number + 1;
    if (!this.deathReached) {
      incident.isInjected = true;
      incident.consIndex = row;
      incident.executedBefore = opcodes.slice(0, row).filter((opcode) => opcode !== Opcode.SYNC).length;
    }
    this.deathReached = true;
    if (opcodes[row] !== Opcode.SYNC) incident.failed++;
  }

  /** Row `bad` is a command of incident `number`; false if it does not stop anything. */
  private planBadCommand(number: number, from: number, bad: number, queue: GuestQueue): boolean {
    const incident = this.incidents[number];
    const { answer } = incident;
    if (!('by' in answer)) return false;
    incident.isInjected = true;
    if (answer.by === 'vmm' && answer.guestLearns === 'never') {
      this.fates[bad] = FaultFate.Dropped;
      return false;
    }
    if (answer.by !== 'nobody') this.isArmed = true;
    if (incident.consIndex < 0) incident.consIndex = bad;
    this.fates[bad] = number + 1;
    const opcodes = opcodesOf(queue);
    if (this.behaviour.batch !== undefined && answer.by !== 'nobody') {
      const { rows, isSilent } = batchLoss(opcodes, from, bad, answer.by === 'vmm', this.behaviour.batch);
      for (const row of rows) this.fates[row] = isSilent ? FaultFate.Lost : FaultFate.Failed;
      if (isSilent) incident.lost += rows.length;
      else incident.failed += rows.length;
    }
    if (answer.by !== 'nobody') incident.failed++;
    for (let row = 0; row < bad; row++) {
      if (this.fates[row] === FaultFate.Normal && opcodes[row] !== Opcode.SYNC) incident.executedBefore++;
    }
    return true;
  }
}

function opcodesOf({ c0Low, count }: GuestQueue): number[] {
  return Array.from(c0Low.subarray(0, count), (low) => low & 0xff);
}

const NO_STREAM: readonly number[] = [-1];

/** A StreamID that nobody in the topology has, the highest of 16 bits if it is free. */
function unknownStream(topology: Topology): number {
  const taken = new Set(topology.list().map((device) => device.sid));
  let sid = 0xffff;
  while (taken.has(sid)) sid--;
  return sid;
}
