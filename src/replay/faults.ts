/**
 * `--fault` on one path: inserts the bad commands, decides what becomes of the commands around them, stops and restarts the
 * guest's queue, and keeps the record (facts L §4, M §2.4; oracle O14).
 *
 * Trace order decides which commands are executed, lost or refused, as it does for everything else (see effects.ts);
 * simulated time decides how long the queue stands and when the guest learns. A path on which the VMM or a worker finds the
 * error runs the guest's handler as steps of its own program (faulty-path.ts); an error of a hardware queue is handled by
 * this actor, after the interrupt and the handler's own time.
 */
import { type CommandEngine, CommandError, type ErrorHandler, ILLEGAL } from '../engine/command-engine.js';
import type { Fault } from '../faults/fault.js';
import { Cost } from '../path/costs.js';
import { ExitCause } from '../path/path-builder.js';
import { FaultPoint } from '../path/program.js';
import { SKIPPED, type Submission } from '../path/submission.js';
import type { LoadedProfile } from '../profiles/load.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { batchLoss } from '../strategies/batch-errors.js';
import type { ErrorAnswer, ErrorBehaviour } from '../strategies/error-behaviour.js';
import { HostCommandSink } from '../strategies/host-commands.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { Handling, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { Opcode } from '../trace/opcodes.js';
import type { GuestQueue } from './guest-queue.js';
import { Incident } from './incident.js';
import type { ReplayProbe } from './probe.js';

/** Bits of GuestQueue.flags that no event has: an inserted command, and one that a dead worker never takes up. */
const INJECTED = 64;
const AFTER_DEATH = 128;

/** What becomes of a row of the publication at hand. Values from 1 to 100 are 1 + the number of the incident. */
const Fate = { Normal: 0, Lost: 253, Failed: 254 } as const;

/** A thread that waits for the queue to go on, or for what may never come. */
export interface StoppedThread {
  readonly actor: number;
}

/** Accesses to trapped registers by a GERROR handler: GERROR, GERRORN and CONS are read, GERRORN is written. */
const HANDLER_ACCESSES = 4;

/** Faults of one replay. */
export class Faults implements Actor, ErrorHandler {
  readonly incidents: Incident[];
  readonly silentSid: number = -1;
  /** How long a driver polls for its CMD_SYNC, ns; 0: for ever, because nothing in this replay can fail to end. */
  readonly pollTimeoutNs: number = 0;
  /** The guest's driver gives up waiting for a worker, too. */
  readonly isWorkerWaitLimited: boolean = true;
  /** ATC_INVs and CFGI_CDs that the host refused because it does not know their stream. */
  unknownVsids = 0;
  /** Waits of threads that found the queue stopped, and their total, ns. */
  stoppedWaits = 0;
  stoppedWaitNs = 0;
  /** The worker is dead. */
  isWorkerDead = false;
  /** The guest's queue stands. */
  isStopped = false;
  private engine: CommandEngine | undefined;
  private readonly actor: number;
  private readonly stopped: StoppedThread[] = [];
  /** Hardware queues whose error the driver is about to handle, oldest first. */
  private readonly pending: { queue: number; learnNs: number; dueNs: number; incident: Incident | undefined }[] = [];
  private commands = 0;
  private deathReached = false;
  private fates = new Uint8Array(16);
  private stoppedSinceNs = 0;
  private readonly relayNs: number;
  private readonly irqNs: number;
  private readonly handlerNs: number;
  private readonly trappedRecoveryNs: number;
  private readonly behaviour: ErrorBehaviour;
  private readonly unknownSid: number;
  /** Lets a transport keep track of a command that goes nowhere. */
  private readonly nowhere = new HostCommandSink({ targets: () => NO_STREAM }, { onHostCommand() {} });

  constructor(
    faults: readonly Fault[],
    private readonly choice: StrategyChoice,
    profile: LoadedProfile,
    costNs: Float64Array,
    private readonly topology: Topology,
    private readonly simulator: Simulator,
    private readonly probe: ReplayProbe,
  ) {
    this.actor = simulator.register(this);
    this.behaviour = choice.transport.errors?.((key) => choice.options.get(key) ?? '') ?? UNKNOWN;
    this.unknownSid = unknownStream(topology);
    this.incidents = faults.map((fault) => new Incident(fault, this.answerTo(fault, topology)));
    const silent = this.applicable('silent-device');
    if (silent?.fault.kind === 'silent-device') this.silentSid = silent.fault.sid;
    if (silent !== undefined || this.applicable('dead-worker') !== undefined) {
      this.pollTimeoutNs = profile.number('software.cmdq_poll_timeout_ns');
    }
    this.isWorkerWaitLimited =
      silent === undefined || !('guestLearns' in silent.answer) || silent.answer.guestLearns !== 'never';
    this.irqNs = costNs[Cost.gerrorIrq];
    this.handlerNs = costNs[Cost.gerrorHandler];
    // Host interrupt, VEVENTQ, VMM, injection (facts L §6.4).
    this.relayNs =
      this.behaviour.isRelayedByVmm === true
        ? costNs[Cost.queueHaltIrq] + costNs[Cost.wakeUp] + costNs[Cost.vmmDispatch]
        : 0;
    this.trappedRecoveryNs =
      this.irqNs + this.handlerNs + HANDLER_ACCESSES * costNs[Cost.gerrorExit] + costNs[Cost.vmmDispatch];
  }

  /** The engine whose queues may stop. */
  attach(engine: CommandEngine): void {
    this.engine = engine;
    engine.errorHandler = this;
  }

  /** The guest writes a command into `queue`: put in front of it what is due. Returns the command's flags. */
  beforeCommand(queue: GuestQueue, flags: number): number {
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

  /** Called before the rows of `queue` are forwarded: settle what becomes of each. */
  planPublication(queue: GuestQueue): void {
    if (this.fates.length < queue.count) this.fates = new Uint8Array(queue.count * 2);
    const { fates } = this;
    const opcodes = Array.from(queue.c0Low.subarray(0, queue.count), (low) => low & 0xff);
    fates.fill(Fate.Normal, 0, queue.count);
    let from = 0;
    for (let row = 0; row < queue.count; row++) {
      if ((queue.flags[row] & AFTER_DEATH) !== 0) this.planDeath(row, opcodes);
      else if ((queue.flags[row] & INJECTED) !== 0) {
        this.planBadCommand(queue.c1High[row], from, row, opcodes);
        from = row + 1;
      }
    }
  }

  /** True for an inserted command: it says nothing about the guest's devices. */
  isInjected(flags: number): boolean {
    return (flags & INJECTED) !== 0;
  }

  /** In place of Transport.forward: rows with a fate go no further. */
  forward(
    transport: Transport,
    row: number,
    words: readonly [number, number, number, number],
    sink: HostCommandSink,
    receiver: { onHostCommand(...command: [number, number, number, number, number, number]): void },
    previousOpcode: number,
  ): Handling {
    const fate = this.fates[row];
    if (fate === Fate.Normal) return transport.forward(...words, sink, previousOpcode);
    const isSync = (words[0] & 0xff) === Opcode.SYNC;
    if (isSync) return transport.forward(...words, sink, previousOpcode);
    if (fate === Fate.Lost) return Handling.Swallowed;
    if (fate === Fate.Failed) return Handling.Refused;
    const incident = this.incidents[fate - 1];
    if (incident.fault.kind === 'dead-worker') return Handling.Refused;
    const { answer } = incident;
    const by = 'by' in answer ? answer.by : 'nobody';
    if (by === 'nobody') return this.forwardUnseen(transport, words, sink, previousOpcode);
    this.nowhere.isSidUnknown = true;
    transport.forward(...words, this.nowhere, previousOpcode);
    if (by === 'host-kernel') this.unknownVsids++;
    if (by !== 'smmu') return Handling.Refused;
    receiver.onHostCommand(ILLEGAL, 0, 0, 0, fate - 1, -1);
    return Handling.Forwarded;
  }

  /** A bad command that nobody finds: a stream that nobody has stands for any device of any domain. */
  private forwardUnseen(
    transport: Transport,
    words: readonly [number, number, number, number],
    sink: HostCommandSink,
    previousOpcode: number,
  ): Handling {
    if ((words[0] & 0xff) !== Opcode.ATC_INV) return transport.forward(...words, sink, previousOpcode);
    if (this.topology.atsStreamsOfAsid(-1).length === 0) return Handling.Swallowed;
    sink.isSidUnknown = true;
    return transport.forward(...words, sink, previousOpcode);
  }

  /** `guestFault` of row `row` (see Submission). */
  markOf(row: number): number {
    const fate = this.fates[row];
    if (fate === Fate.Normal) return 0;
    if (fate === Fate.Lost || fate === Fate.Failed) return SKIPPED;
    const { answer } = this.incidents[fate - 1];
    return 'by' in answer && answer.by === 'nobody' && answer.guestLearns === 'never' ? 0 : fate;
  }

  /** The guest sends an ATC_INV to `sid`. True if it will be told that it failed: it covers nothing. */
  failsAtc(sid: number): boolean {
    const incident = sid === this.silentSid ? this.applicable('silent-device') : undefined;
    if (incident === undefined || !('guestLearns' in incident.answer)) return false;
    incident.isInjected = true;
    if (incident.answer.guestLearns === 'never') return false;
    incident.failed++;
    return true;
  }

  /** Incident behind a row's mark, if the row itself fails. */
  incidentOf(mark: number): Incident | undefined {
    return mark === 0 || mark === SKIPPED ? undefined : this.incidents[mark - 1];
  }

  /** Row of a drain at which the worker dies; -1: it does not. */
  deathRow(rows: Submission): number {
    for (let row = 0; row < rows.guestCount; row++) {
      if (this.incidentOf(rows.guestFault[row])?.fault.kind === 'dead-worker') return row;
    }
    return -1;
  }

  /** A step of a running program; false: `thread` has to wait and is woken. */
  reach(point: number, number: number, publishedNs: number, thread: StoppedThread): boolean {
    const { nowNs } = this.simulator;
    const incident = this.incidents[number];
    switch (point) {
      case FaultPoint.Stop:
        this.raise(incident, CommandError.Illegal, nowNs, publishedNs);
        this.isStopped = true;
        this.stoppedSinceNs = nowNs;
        return true;
      case FaultPoint.Learn:
        this.learn(incident, nowNs);
        return true;
      case FaultPoint.Resume:
        this.isStopped = false;
        incident.queueStoppedNs += nowNs - this.stoppedSinceNs;
        for (const waiting of this.stopped.splice(0)) {
          this.stoppedWaitNs += nowNs - this.stoppedSinceNs;
          this.simulator.schedule(nowNs, waiting.actor);
        }
        return true;
      case FaultPoint.Die:
        this.isWorkerDead = true;
        incident.stoppedNs = nowNs;
        return true;
      default:
        if (!this.isStopped) return true;
        this.stoppedWaits++;
        this.stoppedWaitNs -= nowNs - this.stoppedSinceNs; // only its own part of the stop
        this.stopped.push(thread);
        return false;
    }
  }

  /**
   * The wait of a thread for a CMD_SYNC has ended in -ETIMEDOUT. Returns the time that telling the guest takes: where the
   * host polled, the ioctl fails and the guest is interrupted as with any other failure (facts L §4.2).
   */
  onPollTimeout(isHost: boolean, isWorkerWait: boolean, rows: Submission): number {
    const { nowNs } = this.simulator;
    const isDeath = isWorkerWait && this.isWorkerDead;
    const incident = this.applicable(isDeath ? 'dead-worker' : 'silent-device') ?? this.applicable('dead-worker');
    if (incident === undefined || !('guestLearns' in incident.answer)) return 0;
    incident.pollTimeouts++;
    const publishedNs = rows.guestCount > 0 ? rows.rowPublishedNs[0] : rows.publishedNs;
    if (incident.publishedNs < 0) incident.publishedNs = publishedNs;
    if (!isHost) {
      this.learn(incident, nowNs);
      return 0;
    }
    if (incident.answer.guestLearns === 'never') return 0;
    incident.errorCode = CommandError.Illegal;
    incident.errors++;
    this.learn(incident, nowNs + this.irqNs);
    for (let i = 0; i < HANDLER_ACCESSES; i++) this.probe.onExit(ExitCause.GerrorHandler, rows.measured);
    return this.trappedRecoveryNs;
  }

  onQueueError(queue: number, code: number, atNs: number, publishedNs: number): void {
    const isSync = code === CommandError.AtcInvSync;
    const ring = this.engine!.queues[queue];
    const incident = isSync ? this.applicable('silent-device') : this.incidents[ring.sid[ring.head]];
    if (incident !== undefined) {
      incident.queueStoppedNs += this.relayNs + this.irqNs + this.handlerNs;
      // A host queue's error is the host driver's; its guest hears of the failed ioctl.
      if (isSync && 'by' in incident.answer && incident.answer.by === 'host-kernel') {
        incident.isInjected = true;
        if (incident.stoppedNs < 0) incident.stoppedNs = atNs;
      } else this.raise(incident, code, atNs, publishedNs);
    }
    const learnNs = atNs + this.relayNs + this.irqNs;
    this.pending.push({ queue, learnNs, dueNs: learnNs + this.handlerNs, incident });
    this.simulator.schedule(learnNs + this.handlerNs, this.actor);
  }

  /** The driver has handled the error of a hardware queue: it overwrites a bad command, leaves a SYNC, and acknowledges. */
  wake(): void {
    const { nowNs } = this.simulator;
    for (let due = this.pending[0]; due !== undefined && due.dueNs <= nowNs; due = this.pending[0]) {
      this.pending.shift();
      const { queue, learnNs, incident } = due;
      const answer = incident?.answer;
      if (incident !== undefined && answer !== undefined && 'by' in answer && answer.by === 'smmu') {
        this.learn(incident, learnNs);
      }
      if (this.engine!.errorCode[queue] === CommandError.Illegal) this.engine!.overwriteHead(queue);
      this.engine!.acknowledge(queue);
    }
  }

  private applicable(kind: Fault['kind']): Incident | undefined {
    return this.incidents.find(({ fault, answer }) => fault.kind === kind && 'by' in answer);
  }

  private raise(incident: Incident, code: number, nowNs: number, publishedNs: number): void {
    incident.isInjected = true;
    incident.errorCode = code;
    incident.errors++;
    if (incident.stoppedNs >= 0) return;
    incident.stoppedNs = nowNs;
    if (publishedNs >= 0) incident.publishedNs = publishedNs;
  }

  private learn(incident: Incident, nowNs: number): void {
    incident.isInjected = true;
    if (incident.learnedNs < 0) incident.learnedNs = nowNs;
  }

  /** Counts a command; returns AFTER_DEATH if the worker never takes it up. */
  private countCommand(): number {
    this.commands++;
    const death = this.applicable('dead-worker')?.fault;
    return death?.kind === 'dead-worker' && this.commands >= death.command ? AFTER_DEATH : 0;
  }

  private planDeath(row: number, opcodes: readonly number[]): void {
    const number = this.incidents.findIndex(({ fault }) => fault.kind === 'dead-worker');
    const incident = this.incidents[number];
    this.fates[row] = this.deathReached ? Fate.Failed : number + 1;
    if (!this.deathReached) {
      incident.isInjected = true;
      incident.consIndex = row;
      incident.executedBefore = opcodes.slice(0, row).filter((opcode) => opcode !== Opcode.SYNC).length;
    }
    this.deathReached = true;
    if (opcodes[row] !== Opcode.SYNC) incident.failed++;
  }

  /** Row `bad` is the command of incident `number`. */
  private planBadCommand(number: number, from: number, bad: number, opcodes: readonly number[]): void {
    const incident = this.incidents[number];
    const { answer } = incident;
    if (!('by' in answer)) return;
    incident.isInjected = true;
    incident.consIndex = bad;
    this.fates[bad] = number + 1;
    if (answer.by === 'host-kernel') incident.ioctlCommands.push(1);
    if (this.behaviour.batch !== undefined && answer.by !== 'nobody') {
      const { rows, isSilent } = batchLoss(opcodes, from, bad, answer.by === 'vmm', this.behaviour.batch);
      for (const row of rows) this.fates[row] = isSilent ? Fate.Lost : Fate.Failed;
      if (isSilent) incident.lost += rows.length;
      else incident.failed += rows.length;
      if (answer.by === 'host-kernel') {
        // One failing ioctl, or one per command that stands before the bad one in its block.
        incident.ioctlCommands.length = 0;
        for (let left = rows.length; left >= 0; left--) {
          incident.ioctlCommands.push(left + 1);
          if (isSilent) break;
        }
      }
    }
    if (answer.by !== 'nobody') incident.failed++;
    for (let row = 0; row < bad; row++) {
      if (this.fates[row] === Fate.Normal && opcodes[row] !== Opcode.SYNC) incident.executedBefore++;
    }
  }

  private answerTo(fault: Fault, topology: Topology): ErrorAnswer {
    const { behaviour, choice } = this;
    switch (fault.kind) {
      case 'illegal':
        return behaviour.illegal;
      case 'dead-worker':
        return behaviour.deadWorker;
      case 'silent-device':
        if (!topology.list().some(({ sid, hasAts }) => sid === fault.sid && hasAts)) {
          return { notApplicable: 'the trace has no such device with an ATC' };
        }
        return behaviour.silentDevice;
      default:
        if (fault.opcode === Opcode.CFGI_CD) return behaviour.unknownConfig;
        // Only `vsid` asks for the device behind the name.
        if (choice.targeting.name === 'vsid' || 'notApplicable' in behaviour.unknownAtc) return behaviour.unknownAtc;
        return { by: 'nobody', guestLearns: 'never' };
    }
  }
}

const NO_STREAM: readonly number[] = [-1];
const UNSAID: ErrorAnswer = { notApplicable: 'it does not say what it does with errors' };
const UNKNOWN: ErrorBehaviour = {
  illegal: UNSAID,
  unknownAtc: UNSAID,
  unknownConfig: UNSAID,
  deadWorker: UNSAID,
  silentDevice: UNSAID,
};

/** A StreamID that nobody in the topology has, the highest of 16 bits if it is free. */
function unknownStream(topology: Topology): number {
  const taken = new Set(topology.list().map((device) => device.sid));
  let sid = 0xffff;
  while (taken.has(sid)) sid--;
  return sid;
}
