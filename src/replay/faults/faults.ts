/**
 * Errors on one path, injected or of the trace: the half that follows simulated time. It stops and restarts the guest's queue, ends waits that last too
 * long, and keeps the record (facts L §4, M §2.4; oracle O14).
 *
 * Trace order decides which commands are executed, lost or refused (fault-plan.ts), as for everything else (effects.ts);
 * simulated time decides how long the queue stands and when the guest learns. A path on which the VMM or a worker finds the
 * error runs the guest's handler as steps of its own program (faulty-path.ts); an error of a hardware queue is handled by
 * this actor, after the interrupt and the handler's own time.
 */
import type { CommandEngine, ErrorHandler } from '../../machine/engine/command-engine.js';
import { CommandError } from '../../machine/engine/queue-errors.js';
import type { ServedQueue } from '../../machine/engine/served-queue.js';
import type { Actor, Simulator } from '../../machine/sim/simulator.js';
import type { LoadedProfile } from '../../profiles/load.js';
import type { ErrorBehaviour } from '../../strategies/error-behaviour.js';
import { Cost } from '../../strategies/path/costs.js';
import { FaultPoint } from '../../strategies/path/program.js';
import { SKIPPED, type Submission } from '../../strategies/path/submission.js';
import { ExitCause } from '../../strategies/path/tally.js';
import type { Topology } from '../../topology/topology.js';
import type { ReplayPath } from '../migration/paths.js';
import type { ReplayProbe } from '../probe.js';
import type { Fault } from './fault.js';
import { answerTo, errorBehaviour } from './fault-answers.js';
import { FaultPlan } from './fault-plan.js';
import { applicable, Incident } from './incident.js';
import { TraceErrors } from './trace-errors.js';

/** A thread that waits for the queue to go on, or for what may never come. */
export interface StoppedThread {
  readonly actor: number;
}

/** The trapped queue of one VM. */
interface QueueStop {
  /** Since when it stands; -1: it does not. */
  sinceNs: number;
  readonly waiting: StoppedThread[];
}

/** Accesses to trapped registers by a GERROR handler: GERROR, GERRORN and CONS are read, GERRORN is written. */
const HANDLER_ACCESSES = 4;

/** Faults of one replay. */
export class Faults implements Actor, ErrorHandler {
  readonly incidents: Incident[];
  /** What becomes of the guest's commands. */
  readonly plan: FaultPlan;
  readonly silentSid: number = -1;
  /** Commands are handed to the kernel in arrays: whose error semantics hold. */
  readonly batch: ErrorBehaviour['batch'];
  /** How long a driver polls for its CMD_SYNC, ns; 0: for ever, because nothing in this replay can fail to end. */
  readonly pollTimeoutNs: number = 0;
  /** The guest's driver gives up waiting for a worker, too. */
  readonly isWorkerWaitLimited: boolean = true;
  /** Waits of threads that found the queue stopped, and their total, ns. */
  stoppedWaits = 0;
  stoppedWaitNs = 0;
  /** The worker is dead. */
  isWorkerDead = false;
  private readonly actor: number;
  /** By VM: its trapped queue, if it has ever stood. */
  private readonly stops = new Map<number, QueueStop>();
  /** Hardware queues whose error the driver is about to handle, oldest first. */
  private pending: { queue: ServedQueue; learnNs: number; dueNs: number; incident: Incident | undefined }[] = [];
  private readonly relayNs: number;
  private readonly irqNs: number;
  private readonly handlerNs: number;
  private readonly trappedRecoveryNs: number;

  constructor(
    faults: readonly Fault[],
    paths: readonly ReplayPath[],
    profile: LoadedProfile,
    costNs: Float64Array,
    topology: Topology,
    private readonly simulator: Simulator,
    private readonly probe: ReplayProbe,
  ) {
    this.actor = simulator.register(this);
    const [{ choice }] = paths;
    const behaviour = errorBehaviour(choice);
    this.batch = behaviour.batch;
    this.irqNs = costNs[Cost.gerrorIrq];
    this.handlerNs = costNs[Cost.gerrorHandler];
    // Host interrupt, VEVENTQ, VMM, injection (facts L §6.4).
    this.relayNs =
      behaviour.isRelayedByVmm === true
        ? costNs[Cost.queueHaltIrq] + costNs[Cost.wakeUp] + costNs[Cost.vmmDispatch]
        : 0;
    const pollNs = profile.number('software.cmdq_poll_timeout_ns');
    const isEarly = profile.number('atc.timeout_ns') + this.relayNs + this.irqNs < pollNs;
    this.incidents = faults.map((fault) => new Incident(fault, answerTo(fault, choice, behaviour, topology, isEarly)));
    const silent = this.applicable('silent-device');
    if (silent?.fault.kind === 'silent-device') this.silentSid = silent.fault.sid;
    const errorsOfPath = paths.map(
      (path, index) =>
        new TraceErrors(path.choice, path.transport, topology, this.incidents, index === 0 ? '' : ':after-migration'),
    );
    this.plan = new FaultPlan(this.incidents, behaviour, topology, this.silentSid, errorsOfPath);
    if (silent !== undefined || this.applicable('dead-worker') !== undefined) this.pollTimeoutNs = pollNs;
    this.isWorkerWaitLimited =
      silent === undefined || !('guestLearns' in silent.answer) || silent.answer.guestLearns !== 'never';
    this.trappedRecoveryNs =
      this.irqNs + this.handlerNs + HANDLER_ACCESSES * costNs[Cost.gerrorExit] + costNs[Cost.vmmDispatch];
  }

  /** The engine whose queues may stop. */
  attach(engine: CommandEngine): void {
    engine.errorHandler = this;
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

  /** A step of a program that runs in `vm`; false: `thread` has to wait and is woken. */
  reach(point: number, number: number, publishedNs: number, thread: StoppedThread, vm: number): boolean {
    const { nowNs } = this.simulator;
    const incident = this.incidents[number];
    switch (point) {
      case FaultPoint.Stop:
        this.raise(incident, CommandError.Illegal, nowNs, publishedNs);
        this.stopOf(vm).sinceNs = nowNs;
        return true;
      case FaultPoint.Learn:
        this.learn(incident, nowNs);
        return true;
      case FaultPoint.Resume: {
        const stop = this.stopOf(vm);
        incident.queueStoppedNs += nowNs - stop.sinceNs;
        for (const waiting of stop.waiting.splice(0)) {
          this.stoppedWaitNs += nowNs - stop.sinceNs;
          this.simulator.schedule(nowNs, waiting.actor);
        }
        stop.sinceNs = -1;
        return true;
      }
      case FaultPoint.Die:
        this.isWorkerDead = true;
        incident.stoppedNs = nowNs;
        return true;
      default: {
        const stop = this.stops.get(vm);
        if (stop === undefined || stop.sinceNs < 0) return true;
        this.stoppedWaits++;
        this.stoppedWaitNs -= nowNs - stop.sinceNs; // only its own part of the stop
        stop.waiting.push(thread);
        return false;
      }
    }
  }

  private stopOf(vm: number): QueueStop {
    let stop = this.stops.get(vm);
    if (stop === undefined) {
      stop = { sinceNs: -1, waiting: [] };
      this.stops.set(vm, stop);
    }
    return stop;
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

  onQueueError(queue: ServedQueue, code: CommandError, atNs: number, publishedNs: number): void {
    const isSync = code === CommandError.AtcInvSync;
    const { ring } = queue;
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
    const due = this.pending.filter(({ dueNs }) => dueNs <= nowNs);
    this.pending = this.pending.filter(({ dueNs }) => dueNs > nowNs);
    for (const { queue, learnNs, incident } of due) {
      const answer = incident?.answer;
      if (incident !== undefined && answer !== undefined && 'by' in answer && answer.by === 'smmu') {
        this.learn(incident, learnNs);
      }
      if (queue.errors.code === CommandError.Illegal) queue.overwriteHead();
      queue.acknowledge();
    }
  }

  private applicable(kind: Fault['kind']): Incident | undefined {
    return applicable(this.incidents, kind);
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
}
