/**
 * The half of `--fault` that follows trace order: inserts the bad commands and decides, publication by publication, which
 * rows fail, which are lost with them and which a dead worker never takes up.
 */
import { ILLEGAL } from '../engine/queue-errors.js';
import { SKIPPED } from '../path/submission.js';
import { batchLoss } from '../strategies/batch-errors.js';
import type { ErrorBehaviour } from '../strategies/error-behaviour.js';
import { HostCommandSink } from '../strategies/host-commands.js';
import { Handling, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { Opcode } from '../trace/opcodes.js';
import type { GuestQueue } from './guest-queue.js';
import { applicable, type Incident } from './incident.js';

/** Bits of GuestQueue.flags that no event has: an inserted command, and one that a dead worker never takes up. */
const INJECTED = 256;
const AFTER_DEATH = 512;

/** What becomes of a row of the publication at hand. Values from 1 to 100 are 1 + the number of the incident. */
const enum Fate {
  Normal = 0,
  Lost = 253,
  Failed = 254,
}

/** Fates of the guest's commands in one replay. */
export class FaultPlan {
  /** ATC_INVs and CFGI_CDs that the host refused because it does not know their stream. */
  unknownVsids = 0;
  private readonly unknownSid: number;
  private commands = 0;
  private deathReached = false;
  private fates = new Uint8Array(16);
  /** Lets a transport keep track of a command that goes nowhere. */
  private readonly nowhere = new HostCommandSink({ targets: () => NO_STREAM }, { onHostCommand() {} });

  constructor(
    private readonly incidents: readonly Incident[],
    private readonly behaviour: ErrorBehaviour,
    private readonly topology: Topology,
    /** Device that answers no ATC invalidation; -1: none. */
    readonly silentSid: number,
  ) {
    this.unknownSid = unknownStream(topology);
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
}

const NO_STREAM: readonly number[] = [-1];

/** A StreamID that nobody in the topology has, the highest of 16 bits if it is free. */
function unknownStream(topology: Topology): number {
  const taken = new Set(topology.list().map((device) => device.sid));
  let sid = 0xffff;
  while (taken.has(sid)) sid--;
  return sid;
}
