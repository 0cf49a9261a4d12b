/**
 * What a doorbell publishes, made into a submission: the strategy says which host commands each guest command becomes, and
 * their effects are filed (see effects.ts). No time passes here.
 */
import { ILLEGAL } from '../engine/queue-errors.js';
import type { Submission } from '../path/submission.js';
import { type HostCommandReceiver, HostCommandSink } from '../strategies/host-commands.js';
import type { AtcTargeting } from '../strategies/targeting/targeting.js';
import { Handling, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { EventFlag } from '../trace/events.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import type { Effects } from './effects.js';
import type { FaultPlan } from './fault-plan.js';
import { GuestQueue } from './guest-queue.js';
import type { ReplayProbe } from './probe.js';

/** Forwards published guest commands. */
export class Forwarder implements HostCommandReceiver {
  private readonly sink: HostCommandSink;
  /** Host commands of the guest command being forwarded. */
  private readonly made = new GuestQueue();
  private readonly madeSid: number[] = [];
  private readonly madeCause: number[] = [];
  /** What the review of the seed patch objected to, counted after the warm-up. */
  readonly findings = new Map<string, number>();
  private isMeasured = true;
  /** Guest commands published so far; the number of the latest. */
  private commandNumber = 0;

  constructor(
    private readonly transport: Transport,
    targeting: AtcTargeting,
    private readonly topology: Topology,
    private readonly effects: Effects,
    private readonly probe: ReplayProbe,
    /** The guest owns stage 1 only: its NSNH_ALL covers its own translations, not the host's stage 2. */
    private readonly ownsStage1Only: boolean,
    private readonly faults?: FaultPlan | undefined,
  ) {
    this.sink = new HostCommandSink(targeting, this, topology);
  }

  /** Move everything in `queue` into `submission`, which has been cleared; returns the number of its last SYNC, or -1. */
  publish(queue: GuestQueue, queueIndex: number, submission: Submission): number {
    let previousOpcode = -1;
    let lastSyncNumber = -1;
    this.faults?.planPublication(queue);
    this.isMeasured = submission.measured;
    for (let row = 0; row < queue.count; row++) {
      this.forward(queue, queueIndex, row, previousOpcode, submission);
      const opcode = queue.c0Low[row] & 0xff;
      if (opcode === Opcode.SYNC) lastSyncNumber = this.commandNumber;
      else previousOpcode = opcode;
    }
    queue.clear();
    return lastSyncNumber;
  }

  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void {
    const at = this.made.count;
    this.made.push(c0Low, c0High, c1Low, c1High, 0);
    this.madeSid[at] = sid;
    this.madeCause[at] = extraCause;
  }

  onFinding(name: string): void {
    if (this.isMeasured) this.findings.set(name, (this.findings.get(name) ?? 0) + 1);
  }

  private forward(
    queue: GuestQueue,
    queueIndex: number,
    row: number,
    previousOpcode: number,
    submission: Submission,
  ): void {
    const { effects, probe } = this;
    const c0Low = queue.c0Low[row];
    const c0High = queue.c0High[row];
    const c1Low = queue.c1Low[row];
    const c1High = queue.c1High[row];
    const opcode = c0Low & 0xff;
    const { faults } = this;
    const isOpcodeOnly = (queue.flags[row] & EventFlag.OpcodeOnly) !== 0;
    this.commandNumber++;
    const isGuestsOwn = faults === undefined || !faults.isInjected(queue.flags[row]);
    if (opcode === Opcode.ATC_INV && !isOpcodeOnly && isGuestsOwn) this.topology.meetAts(c0High);
    this.sink.isSidUnknown = isOpcodeOnly;
    let handling =
      faults === undefined
        ? this.transport.forward(c0Low, c0High, c1Low, c1High, this.sink, previousOpcode)
        : faults.forward(this.transport, row, [c0Low, c0High, c1Low, c1High], this.sink, this, previousOpcode);
    // The targeting may have nobody to send an ATC_INV to: it ends here.
    if (handling === Handling.Forwarded && this.made.count === 0) handling = Handling.Absorbed;
    // A refused command never completes for the guest, so it covers nothing; nor does one that the path has no use for;
    // one whose operands are unknown cannot act.
    let guestRef = -1;
    if (
      !isOpcodeOnly &&
      handling !== Handling.Refused &&
      handling !== Handling.Absorbed &&
      !this.isKnownToFail(opcode, c0High, row)
    ) {
      // Emulated configuration commands still reach the SMMU's configuration, by way of the host's own driver.
      const isEmulated = handling === Handling.Emulated && opcodeClass(opcode) === 'config';
      const covers = this.ownsStage1Only && opcode === Opcode.TLBI_NSNH_ALL ? Opcode.TLBI_NH_ALL : c0Low;
      guestRef = effects.guestCommand(covers, c0High, c1Low, c1High, this.commandNumber, queueIndex, isEmulated);
    }
    submission.addGuest(opcode, guestRef, faults?.markOf(row));
    this.takeHostCommands(isOpcodeOnly, submission);
    probe.onGuestCommand(opcode, handling === Handling.Forwarded, submission.measured);
    if (handling === Handling.Refused) probe.onRefused(opcode, submission.measured);
    if (handling === Handling.Swallowed) probe.onSwallowed(opcode, submission.measured);
  }

  /** The guest's ATC_INV reaches a device that never answers, and the guest is told: it covers nothing. */
  private isKnownToFail(opcode: number, sid: number, row: number): boolean {
    const { faults } = this;
    return faults !== undefined && opcode === Opcode.ATC_INV && faults.markOf(row) === 0 && faults.failsAtc(sid);
  }

  private isUnanswered(sid: number): boolean {
    return sid >= 0 && sid === this.faults?.silentSid;
  }

  /** The host commands that the transport made for the guest command just added. */
  private takeHostCommands(isOpcodeOnly: boolean, submission: Submission): void {
    const { made, effects, probe } = this;
    for (let i = 0; i < made.count; i++) {
      const c0Low = made.c0Low[i];
      const sid = this.madeSid[i];
      const acts =
        !isOpcodeOnly && (c0Low & 0xff) !== ILLEGAL && (this.faults === undefined || !this.isUnanswered(sid));
      const ref = !acts ? -1 : effects.hostCommand(c0Low, made.c0High[i], made.c1Low[i], made.c1High[i], sid);
      submission.addHost(c0Low & 0xff, sid, ref);
      probe.onHostCommand(c0Low & 0xff, this.madeCause[i], submission.measured);
    }
    made.clear();
  }
}
