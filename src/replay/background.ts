/**
 * The host's own traffic: invalidations of host devices in the same physical queue as everybody's (queue 0 of SMMU 0).
 *
 * Submissions of one TLBI and one CMD_SYNC arrive at random (exponential gaps, seeded) at a given mean rate; one host CPU
 * makes them one after the other, so an overloaded queue makes them late. They are about the host's own domains: no entry
 * of a guest is touched, and nothing of it counts as a guest's or a strategy's. One command per submission is an estimate:
 * the strict unmap of a host device (facts L §1.4).
 */
import { Cost } from '../strategies/path/costs.js';
import { PathBuilder } from '../strategies/path/path-builder.js';
import type { QueueLayout } from '../strategies/path/queue-verbs.js';
import { Submission } from '../strategies/path/submission.js';
import type { PathTally } from '../strategies/path/tally.js';
import { Opcode } from '../trace/opcodes.js';
import { ThreadKind } from './probe.js';
import { Thread } from './thread.js';
import type { VmContext } from './vm-context.js';

/** What the host does beside serving its guests. */
export interface BackgroundLoad {
  /** Submissions per second, mean. */
  readonly perSecond: number;
  readonly seed: number;
}

/** Nothing of it counts as a strategy's. */
const NO_TALLY: PathTally = { onExit() {}, onIoctl() {}, onAddedSync() {}, onHostCommand() {}, onHwptIoctl() {} };

/** The host CPU that makes the traffic. */
export class Background extends Thread {
  private readonly row = new Submission();
  private readonly path: PathBuilder;
  private readonly meanGapNs: number;
  private state: number;
  private arrivalNs = 0;

  constructor(
    context: VmContext,
    costNs: Float64Array,
    layout: QueueLayout,
    readonly load: BackgroundLoad,
    /** True while a guest has something to do, or more of the trace is to come. */
    private readonly isWanted: () => boolean,
  ) {
    super(context, ThreadKind.Background);
    context.timeline?.onThread(this.actor, ThreadKind.Background, 0, 0);
    this.path = new PathBuilder(costNs, NO_TALLY, layout);
    this.meanGapNs = 1e9 / load.perSecond;
    this.state = (load.seed ^ 0x9e3779b9) >>> 0;
    this.row.addGuest(Opcode.TLBI_NH_VA);
    this.row.addHost(Opcode.TLBI_NH_VA, -1);
    // Nobody's command: no effect is reported.
    this.row.rowPublishedNs[0] = -1;
    this.scheduleNext();
  }

  protected get rows(): Submission {
    return this.row;
  }

  protected start(): void {
    this.path.begin(this.program, true, this.row);
    this.path.hostIssueAndWait(0, 0, 1);
    this.begin(this.arrivalNs, Cost.vcpuWait, this.context.simulator.nowNs);
  }

  protected finished(): void {
    const now = this.context.simulator.nowNs;
    this.context.probe.onBackground(now - this.arrivalNs);
    this.context.timeline?.onDrain(this.actor, 1, this.arrivalNs + this.trail.spentOn(Cost.vcpuWait), now);
    if (this.isWanted()) this.scheduleNext();
  }

  private scheduleNext(): void {
    this.arrivalNs += Math.max(1, Math.round(-Math.log(1 - this.random()) * this.meanGapNs));
    this.startAt(Math.max(this.arrivalNs, this.context.simulator.nowNs));
  }

  /** Uniform in [0, 1), a multiple of 2^-32: Mulberry32. */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
