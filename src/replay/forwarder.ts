/**
 * What a doorbell publishes, made into a submission: the strategy says which host commands each guest command becomes, and
 * their effects are filed (see effects.ts). No time passes here.
 */
import { ILLEGAL } from '../machine/engine/queue-errors.js';
import { isAttachCommand } from '../strategies/attach.js';
import { EXTRA_CAUSE_INSTANCE_BROADCAST } from '../strategies/extra-causes.js';
import { type HostCommandReceiver, HostCommandSink } from '../strategies/host-commands.js';
import { unmapPageTlbis, unmapTlbis } from '../strategies/host-unmap.js';
import { NamedCounts } from '../strategies/path/named-counts.js';
import type { Submission } from '../strategies/path/submission.js';
import type { InstanceRouting } from '../strategies/routing/routing.js';
import type { AtcTargeting } from '../strategies/targeting/targeting.js';
import { Fate, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import type { CommandWords } from '../trace/command.js';
import { fieldsOf } from '../trace/command-fields.js';
import { EventFlag } from '../trace/events.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { AttachPlanner } from './attach-planner.js';
import type { Effects } from './effects.js';
import type { FaultPlan } from './faults/fault-plan.js';
import { GuestQueue } from './guest-queue.js';
import { OpenTlbis } from './open-tlbis.js';
import type { ReplayProbe } from './probe.js';
import { IS_TLBI, numberOf } from './refill-races.js';
import type { RequestReceiver, UnmapRequest } from './unmap-requests.js';

/** 1 for the opcodes whose operand is a StreamID. CFGI_ALL and its like are for every stream of their range. */
const IS_FOR_STREAM = Uint8Array.from({ length: 256 }, (_, opcode) => {
  const kind = opcodeClass(opcode);
  if (opcode === Opcode.CFGI_STE_RANGE || kind === undefined) return 0;
  return kind === 'config' || kind === 'atc' || kind === 'prefetch' || kind === 'response' ? 1 : 0;
});

/** 1 for the opcodes whose scope a VMID limits. TLBI_NSNH_ALL names none, but a host makes it one that does. */
const HAS_VMID = Uint8Array.from({ length: 256 }, (_, opcode) =>
  fieldsOf(opcode).some(({ name }) => name === 'VMID') || opcode === Opcode.TLBI_NSNH_ALL ? 1 : 0,
);

/** What a forwarder works with. */
export interface ForwarderSetup {
  readonly transport: Transport;
  readonly targeting: AtcTargeting;
  readonly routing: InstanceRouting;
  readonly topology: Topology;
  readonly effects: Effects;
  readonly probe: ReplayProbe;
  /** The guest owns stage 1 only: its NSNH_ALL covers its own translations, not the host's stage 2. */
  readonly ownsStage1Only: boolean;
  /** Steps in which the host writes an STE. */
  readonly steWrites: number;
  /** Requests come from unmap events: no guest command has any effect. */
  readonly takesUnmaps: boolean;
  /**
   * The VMID that the host puts into every command in place of the guest's (arm_vsmmu_convert_user_cmd; on Tegra241 the VINTF
   * does; facts N26 §B1, M §2.5), under which its translations are filed; -1: commands keep theirs.
   */
  readonly vmid: number;
  readonly faults: FaultPlan;
}

/** Forwards published guest commands. */
export class Forwarder implements HostCommandReceiver, RequestReceiver {
  private sink: HostCommandSink;
  /** Host commands of the guest command being forwarded. */
  private readonly made = new GuestQueue();
  private readonly madeSid: number[] = [];
  private readonly madeCause: number[] = [];
  private readonly attach: AttachPlanner | undefined;
  /** What the review of the seed patch objected to, counted after the warm-up. */
  readonly findings = new NamedCounts();
  private isMeasured = true;
  /** Guest commands published so far; the number of the latest. */
  private commandNumber = 0;
  /** SMMUs that the commands since the last SYNC of this publication went to. */
  private listSmmus = 0;
  /** By guest queue: what ATC_INVs may race with; and that of the queue at hand. */
  private readonly openTlbis: OpenTlbis[] = [];
  private open: OpenTlbis;

  private transport: Transport;
  private routing: InstanceRouting;
  private readonly topology: Topology;
  private readonly effects: Effects;
  private readonly probe: ReplayProbe;
  private readonly ownsStage1Only: boolean;
  private readonly takesUnmaps: boolean;
  private readonly vmid: number;
  private readonly faults: FaultPlan;

  constructor(setup: ForwarderSetup) {
    const { transport, targeting, topology, effects, takesUnmaps } = setup;
    this.transport = transport;
    this.routing = setup.routing;
    this.topology = topology;
    this.effects = effects;
    this.probe = setup.probe;
    this.ownsStage1Only = setup.ownsStage1Only;
    this.takesUnmaps = takesUnmaps;
    this.vmid = setup.vmid;
    this.faults = setup.faults;
    if (transport.attachesStreams === true) this.attach = new AttachPlanner(topology, effects, setup.steWrites);
    topology.followsDomains = transport.needsDomains === true || takesUnmaps;
    this.sink = new HostCommandSink(targeting, this, topology);
    this.open = new OpenTlbis(topology);
  }

  /** Commands keep the VMIDs that they name. */
  get keepsVmids(): boolean {
    return this.vmid < 0;
  }

  /** The path of everything published from now on. */
  changePath(transport: Transport, targeting: AtcTargeting, routing: InstanceRouting): void {
    this.transport = transport;
    this.routing = routing;
    this.faults.changePath();
    this.sink = new HostCommandSink(targeting, this, this.topology);
  }

  /** Move everything in `queue` into `submission`, which has been cleared; returns the number of its last SYNC, or -1. */
  publish(queue: GuestQueue, queueIndex: number, submission: Submission): number {
    let previousOpcode = -1;
    let lastSyncNumber = -1;
    this.listSmmus = 0;
    this.sink.vm = this.topology.vmOfQueue(queueIndex);
    this.faults.planPublication(queue, this.commandNumber, submission.measured);
    this.isMeasured = submission.measured;
    this.openQueue(queueIndex);
    for (let row = 0; row < queue.count; row++) {
      this.forward(queue, queueIndex, row, previousOpcode, submission);
      const opcode = queue.c0Low[row] & 0xff;
      if (opcode === Opcode.SYNC) lastSyncNumber = this.commandNumber;
      else previousOpcode = opcode;
      if (opcode === Opcode.SYNC) {
        this.listSmmus = 0;
        this.open.sync();
      }
    }
    this.open.published();
    queue.clear();
    return lastSyncNumber;
  }

  /**
   * One request of a paravirtual guest becomes the last of the rows added here, with all its host commands; the ones before it
   * only say what the guest counts as gone, where that takes several ranges.
   */
  request({ asid, vmid, page, pages, pageSizeLog2 }: UnmapRequest, queueIndex: number, submission: Submission): void {
    const tlbis = unmapTlbis(asid, vmid, page, pages, pageSizeLog2);
    const meant = this.topology.smmusOfQueue(queueIndex);
    this.sink.vm = this.topology.vmOfQueue(queueIndex);
    for (const words of tlbis) {
      this.commandNumber++;
      const guestRef = this.effects.guestCommand(...words, this.commandNumber, queueIndex, false, meant);
      submission.addGuest(words[0] & 0xff, guestRef, 0, numberOf(this.sink.vm, this.commandNumber));
    }
    const { unmapsWithoutRanges } = this.transport;
    const hostTlbis = unmapsWithoutRanges ? unmapPageTlbis(asid, vmid, page, pages, pageSizeLog2) : tlbis;
    this.openQueue(queueIndex);
    this.sink.emitUnmap(hostTlbis, asid, page, pages);
    const [[c0Low, c0High]] = tlbis;
    this.takeHostCommands(false, submission, this.routed(c0Low, c0High, queueIndex));
    // Every request is waited for.
    this.open.sync();
    this.open.published();
  }

  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void {
    const at = this.made.count;
    this.made.push(c0Low, c0High, c1Low, c1High, 0);
    this.madeSid[at] = sid;
    this.madeCause[at] = extraCause;
  }

  onFinding(name: string): void {
    if (this.isMeasured) this.findings.add(name);
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
    const named = queue.c0High[row];
    const c1Low = queue.c1Low[row];
    const c1High = queue.c1High[row];
    const opcode = c0Low & 0xff;
    const c0High = this.vmid >= 0 && HAS_VMID[opcode] === 1 ? ((named & ~0xffff) | this.vmid) >>> 0 : named;
    const { faults } = this;
    const isOpcodeOnly = (queue.flags[row] & EventFlag.OpcodeOnly) !== 0;
    this.commandNumber++;
    const isGuestsOwn = !faults.isInjected(queue.flags[row]);
    if (opcode === Opcode.ATC_INV && !isOpcodeOnly && isGuestsOwn) this.topology.meetAts(c0High);
    this.sink.isSidUnknown = isOpcodeOnly;
    let fate: Fate = Fate.Absorbed;
    if (this.takesUnmaps) fate = Fate.Absorbed;
    else if (faults.isSound(row)) {
      fate = this.transport.forward(c0Low, c0High, c1Low, c1High, this.sink, previousOpcode);
    } else {
      const words: CommandWords = [c0Low, c0High, c1Low, c1High];
      fate = faults.forward(this.transport, row, words, this.sink, this, previousOpcode);
    }
    // The targeting may have nobody to send an ATC_INV to: it ends here.
    if (fate === Fate.Forwarded && this.made.count === 0) fate = Fate.Absorbed;
    // A refused command never completes for the guest, so it covers nothing; nor does one that the path has no use for;
    // one whose operands are unknown cannot act.
    let guestRef = -1;
    if (
      !isOpcodeOnly &&
      fate !== Fate.Refused &&
      fate !== Fate.Absorbed &&
      !faults.isKnownToFail(row) &&
      !this.isAtcKnownToFail(opcode, c0High, row)
    ) {
      // Emulated configuration commands still reach the SMMU's configuration, by way of the host's own driver.
      const isEmulated = fate === Fate.Emulated && opcodeClass(opcode) === 'config';
      const covers = this.ownsStage1Only && opcode === Opcode.TLBI_NSNH_ALL ? Opcode.TLBI_NH_ALL : c0Low;
      const meant = this.isForStream(c0Low) ? this.smmuOf(c0High) : this.topology.smmusOfQueue(queueIndex);
      const number = this.commandNumber;
      guestRef = effects.guestCommand(covers, c0High, c1Low, c1High, number, queueIndex, isEmulated, meant);
    }
    submission.addGuest(opcode, guestRef, faults.markOf(row), numberOf(this.sink.vm, this.commandNumber));
    if (fate === Fate.Emulated && isAttachCommand(opcode)) {
      this.attach?.plan(c0Low, c0High, c1Low, isOpcodeOnly, submission);
    }
    this.takeHostCommands(isOpcodeOnly, submission, this.routed(c0Low, c0High, queueIndex));
    probe.onGuestCommand(opcode, fate === Fate.Forwarded, submission.measured, queueIndex);
    if (fate === Fate.Refused) probe.onRefused(opcode, submission.measured);
    if (fate === Fate.Swallowed) probe.onSwallowed(opcode, submission.measured);
  }

  /** The guest's ATC_INV reaches a device that never answers, and the guest is told: it covers nothing. */
  private isAtcKnownToFail(opcode: number, sid: number, row: number): boolean {
    const { faults } = this;
    return opcode === Opcode.ATC_INV && faults.markOf(row) === 0 && faults.failsAtc(sid);
  }

  private isUnanswered(sid: number): boolean {
    return sid >= 0 && sid === this.faults.silentSid;
  }

  /** SMMUs of a command that names no stream. */
  private routed(c0Low: number, c0High: number, queueIndex: number): number {
    return this.topology.smmuCount === 1 ? 1 : this.routing.smmus(c0Low, c0High, queueIndex);
  }

  /** The host commands that the transport made for the guest command just added, which is routed to `routed`. */
  private takeHostCommands(isOpcodeOnly: boolean, submission: Submission, routed: number): void {
    const { made, effects, probe } = this;
    if (made.count === 0) return;
    const { measured } = submission;
    for (let i = 0; i < made.count; i++) {
      const c0Low = made.c0Low[i];
      const c0High = made.c0High[i];
      const opcode = c0Low & 0xff;
      const sid = this.madeSid[i];
      let smmus = routed;
      if (opcode === Opcode.SYNC) smmus = this.listSmmus === 0 ? routed : this.listSmmus;
      else if (this.isForStream(c0Low)) smmus = this.smmuOf(c0High);
      // One queue stops, whatever a command of its kind would have been meant for.
      if (opcode === ILLEGAL) smmus &= -smmus;
      this.listSmmus |= smmus;
      const acts = !isOpcodeOnly && opcode !== ILLEGAL && !this.isUnanswered(sid);
      const ref = !acts ? -1 : effects.hostCommand(c0Low, c0High, made.c1Low[i], made.c1High[i], sid, smmus);
      submission.addHost(opcode, sid, ref, smmus, acts ? this.refilling(i, sid) : 0);
      probe.onHostCommand(opcode, this.madeCause[i], measured);
      // More than one bit: the same command again on every further SMMU.
      for (let rest = smmus & (smmus - 1); rest !== 0; rest &= rest - 1) {
        probe.onHostCommand(opcode, EXTRA_CAUSE_INSTANCE_BROADCAST, measured);
      }
    }
    made.clear();
  }

  /** The TLBI that host command `made[i]` may race with; 0: none. */
  private refilling(i: number, sid: number): number {
    const { made, open } = this;
    const opcode = made.c0Low[i] & 0xff;
    if (opcode === Opcode.ATC_INV) {
      return open.refilling(made.c0Low[i], made.c0High[i], made.c1Low[i], made.c1High[i], sid);
    }
    if (IS_TLBI[opcode] === 1) {
      const number = numberOf(this.sink.vm, this.commandNumber);
      open.push(made.c0Low[i], made.c0High[i], made.c1Low[i], made.c1High[i], number);
    }
    return 0;
  }

  /** What follows stands in guest queue `queueIndex`. */
  private openQueue(queueIndex: number): void {
    this.openTlbis[queueIndex] ??= new OpenTlbis(this.topology);
    this.open = this.openTlbis[queueIndex];
  }

  /** The command is addressed to one stream: its operand is a StreamID. */
  private isForStream(c0Low: number): boolean {
    return IS_FOR_STREAM[c0Low & 0xff] === 1;
  }

  private smmuOf(sid: number): number {
    return 1 << this.topology.smmuOf(sid >>> 0);
  }
}
