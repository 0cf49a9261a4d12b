/**
 * Errors that stand in the trace: commands that some path cannot execute, whoever recorded them (design §3). Each is judged when
 * its publication is read and then takes the course of an injected fault (fault-plan.ts).
 *
 * Errors of one kind are one incident, `trace:KIND`, because a trace may have thousands.
 */
import type { ErrorAnswer, ErrorBehaviour } from '../../strategies/error-behaviour.js';
import { Flaw, opcodeFlaw } from '../../strategies/flaws.js';
import type { StrategyChoice } from '../../strategies/spec.js';
import type { Transport } from '../../strategies/transport.js';
import type { Topology } from '../../topology/topology.js';
import { EventFlag } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import type { GuestQueue } from '../guest-queue.js';
import { errorBehaviour } from './fault-answers.js';
import { Incident } from './incident.js';

/** What can be wrong; the index is what `judge` returns. */
const KINDS = [
  'none',
  /** An opcode that nobody has, or that this virtual SMMU has not. */
  'illegal-opcode',
  /** Fields that the SMMU reserves. */
  'reserved-fields',
  /** The host kernel refuses the fields. */
  'refused-by-host',
  /** An ATC_INV, or a CFGI_*, for a stream that is not known. */
  'unknown-stream',
  'unknown-stream-config',
  /** The recording shows that the VMM had no device of the host behind the stream: it did the command itself. */
  'no-vdevice',
] as const;

const enum Kind {
  None = 0,
  IllegalOpcode = 1,
  ReservedFields = 2,
  RefusedByHost = 3,
  UnknownStream = 4,
  UnknownStreamConfig = 5,
  NoVdevice = 6,
}

const KIND_OF_FLAW: Readonly<Record<Flaw, Kind>> = {
  [Flaw.None]: Kind.None,
  [Flaw.Illegal]: Kind.IllegalOpcode,
  [Flaw.Reserved]: Kind.ReservedFields,
  [Flaw.Refused]: Kind.RefusedByHost,
};

/** Judges the commands of one path. */
export class TraceErrors {
  private readonly behaviour: ErrorBehaviour;
  /** Number of the incident of each kind; -1: none yet. */
  private readonly numbers: number[] = KINDS.map(() => -1);

  constructor(
    private readonly choice: StrategyChoice,
    private readonly transport: Pick<Transport, 'flawOf'>,
    private readonly topology: Topology,
    /** All incidents of the replay: new ones are appended. */
    private readonly incidents: Incident[],
    /** Behind the names of its incidents: the second path of a replay that changes paths. */
    private readonly suffix: string,
  ) {
    this.behaviour = errorBehaviour(choice);
  }

  /** Number of the incident of row `row` of `queue`; -1: nothing is wrong with it, or nobody on this path minds. */
  judge(queue: GuestQueue, row: number, previousOpcode: number): number {
    const { transport } = this;
    if (transport.flawOf === undefined) return -1;
    const c0Low = queue.c0Low[row];
    const c0High = queue.c0High[row];
    const flaw = transport.flawOf(c0Low, c0High, queue.c1Low[row], queue.c1High[row], previousOpcode);
    const kind = this.kindOf(c0Low, c0High, flaw, queue.flags[row]);
    return kind === Kind.None ? -1 : this.numberOf(kind);
  }

  private kindOf(c0Low: number, c0High: number, flaw: Flaw, flags: number): Kind {
    if ((flags & EventFlag.OpcodeOnly) !== 0) return KIND_OF_FLAW[opcodeFlaw(c0Low, 0, 0, 0, -1)];
    const opcode = c0Low & 0xff;
    const isConfig = opcode === Opcode.CFGI_STE || opcode === Opcode.CFGI_CD || opcode === Opcode.CFGI_CD_ALL;
    if (isConfig || opcode === Opcode.ATC_INV) {
      if ((flags & EventFlag.NoVdevice) !== 0) return Kind.NoVdevice;
      if (isConfig) this.topology.meetConfiguration(c0High >>> 0);
      if (!this.topology.isKnown(c0High >>> 0)) return isConfig ? Kind.UnknownStreamConfig : Kind.UnknownStream;
    }
    return KIND_OF_FLAW[flaw];
  }

  private numberOf(kind: Kind): number {
    const known = this.numbers[kind];
    if (known >= 0) return known;
    const fault = { kind: 'in-trace', spec: `trace:${KINDS[kind]}${this.suffix}` } as const;
    this.numbers[kind] = this.incidents.push(new Incident(fault, this.answerTo(kind))) - 1;
    return this.numbers[kind];
  }

  private answerTo(kind: Kind): ErrorAnswer {
    const { illegal, reserved, refused, strayConfig } = this.behaviour;
    switch (kind) {
      case Kind.IllegalOpcode:
        return illegal;
      case Kind.ReservedFields:
        return reserved ?? illegal;
      case Kind.RefusedByHost:
        return refused ?? illegal;
      case Kind.UnknownStream:
        return this.strayAtc();
      case Kind.UnknownStreamConfig:
        return strayConfig;
      default:
        return this.choice.transport.walkStage === 'nested'
          ? DROPPED
          : { notApplicable: 'has no VMM of the guest’s SMMU' };
    }
  }

  /** Only `vsid` asks for the device behind the name; the others send to whom they send. */
  private strayAtc(): ErrorAnswer {
    const { strayAtc } = this.behaviour;
    if ('notApplicable' in strayAtc || this.choice.targeting.name === 'vsid') return strayAtc;
    return { by: 'nobody', guestLearns: 'never' };
  }
}

const DROPPED: ErrorAnswer = { by: 'vmm', guestLearns: 'never' };
