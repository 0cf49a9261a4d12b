/**
 * What a doorbell publishes, made into a submission: the strategy says which host commands each guest command becomes, and
 * their effects are filed (see effects.ts). No time passes here.
 */
import type { Submission } from '../path/submission.js';
import { isAttachCommand } from '../strategies/attach.js';
import { type HostCommandReceiver, HostCommandSink } from '../strategies/host-commands.js';
import { unmapTlbis } from '../strategies/host-unmap.js';
import type { AtcTargeting } from '../strategies/targeting/targeting.js';
import { Handling, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { EventFlag } from '../trace/events.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { AttachPlanner } from './attach-planner.js';
import type { Effects } from './effects.js';
import { GuestQueue } from './guest-queue.js';
import type { ReplayProbe } from './probe.js';
import type { UnmapRequest } from './unmap-requests.js';

/** Forwards published guest commands. */
export class Forwarder implements HostCommandReceiver {
  private readonly sink: HostCommandSink;
  /** Host commands of the guest command being forwarded. */
  private readonly made = new GuestQueue();
  private readonly madeSid: number[] = [];
  private readonly madeCause: number[] = [];
  private readonly attach: AttachPlanner | undefined;
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
    /** Steps in which the host writes an STE. */
    steWrites: number,
    /** Requests come from unmap events: no guest command has any effect. */
    private readonly takesUnmaps: boolean,
  ) {
    if (transport.attachesStreams === true) this.attach = new AttachPlanner(topology, effects, steWrites);
    topology.followsDomains = transport.needsDomains === true || takesUnmaps;
    this.sink = new HostCommandSink(targeting, this, topology);
  }

  /** Move everything in `queue` into `submission`, which has been cleared; returns the number of its last SYNC, or -1. */
  publish(queue: GuestQueue, queueIndex: number, submission: Submission): number {
    let previousOpcode = -1;
    let lastSyncNumber = -1;
    for (let row = 0; row < queue.count; row++) {
      this.forward(queue, queueIndex, row, previousOpcode, submission);
      const opcode = queue.c0Low[row] & 0xff;
      if (opcode === Opcode.SYNC) lastSyncNumber = this.commandNumber;
      else previousOpcode = opcode;
    }
    queue.clear();
    return lastSyncNumber;
  }

  /**
   * One request of a paravirtual guest becomes the last of the rows added here, with all its host commands; the ones before it
   * only say what the guest counts as gone, where that takes several ranges.
   */
  request({ asid, vmid, page, pages, pageSizeLog2 }: UnmapRequest, queueIndex: number, submission: Submission): void {
    const tlbis = unmapTlbis(asid, vmid, page, pages, pageSizeLog2);
    for (const words of tlbis) {
      this.commandNumber++;
      const guestRef = this.effects.guestCommand(...words, this.commandNumber, queueIndex, false);
      submission.addGuest(words[0] & 0xff, guestRef);
    }
    this.sink.emitUnmap(tlbis, asid, page, pages);
    this.takeHostCommands(false, submission);
  }

  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void {
    const at = this.made.count;
    this.made.push(c0Low, c0High, c1Low, c1High, 0);
    this.madeSid[at] = sid;
    this.madeCause[at] = extraCause;
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
    const isOpcodeOnly = (queue.flags[row] & EventFlag.OpcodeOnly) !== 0;
    this.commandNumber++;
    if (opcode === Opcode.ATC_INV && !isOpcodeOnly) this.topology.meetAts(c0High);
    this.sink.isSidUnknown = isOpcodeOnly;
    let handling: Handling = this.takesUnmaps
      ? Handling.Absorbed
      : this.transport.forward(c0Low, c0High, c1Low, c1High, this.sink, previousOpcode);
    // The targeting may have nobody to send an ATC_INV to: it ends here.
    if (handling === Handling.Forwarded && this.made.count === 0) handling = Handling.Absorbed;
    // A refused command never completes for the guest, so it covers nothing; nor does one that the path has no use for;
    // one whose operands are unknown cannot act.
    let guestRef = -1;
    if (!isOpcodeOnly && handling !== Handling.Refused && handling !== Handling.Absorbed) {
      // Emulated configuration commands still reach the SMMU's configuration, by way of the host's own driver.
      const isEmulated = handling === Handling.Emulated && opcodeClass(opcode) === 'config';
      const covers = this.ownsStage1Only && opcode === Opcode.TLBI_NSNH_ALL ? Opcode.TLBI_NH_ALL : c0Low;
      guestRef = effects.guestCommand(covers, c0High, c1Low, c1High, this.commandNumber, queueIndex, isEmulated);
    }
    submission.addGuest(opcode, guestRef);
    if (handling === Handling.Emulated && isAttachCommand(opcode)) {
      this.attach?.plan(c0Low, c0High, c1Low, isOpcodeOnly, submission);
    }
    this.takeHostCommands(isOpcodeOnly, submission);
    probe.onGuestCommand(opcode, handling === Handling.Forwarded, submission.measured);
    if (handling === Handling.Refused) probe.onRefused(opcode, submission.measured);
    if (handling === Handling.Swallowed) probe.onSwallowed(opcode, submission.measured);
  }

  /** The host commands that the transport made for the guest command just added. */
  private takeHostCommands(isOpcodeOnly: boolean, submission: Submission): void {
    const { made, effects, probe } = this;
    for (let i = 0; i < made.count; i++) {
      const c0Low = made.c0Low[i];
      const sid = this.madeSid[i];
      const ref = isOpcodeOnly ? -1 : effects.hostCommand(c0Low, made.c0High[i], made.c1Low[i], made.c1High[i], sid);
      submission.addHost(c0Low & 0xff, sid, ref);
      probe.onHostCommand(c0Low & 0xff, this.madeCause[i], submission.measured);
    }
    made.clear();
  }
}
