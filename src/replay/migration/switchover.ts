/**
 * The change from one path to another in the middle of a replay: drain, switch, continue.
 *
 * The publications before the migration's trace time go by the old path, the first one at or after it and all that follow by
 * the new. The host closes the doorbell; the first vCPU that publishes for the new path starts the switch. From then on
 * every vCPU that has something for the new path is held, while the others finish what they have for the old one: both paths
 * never work at the same time, so commands keep their order. What nobody waits for (commands without SYNC) is drained by a
 * CMD_SYNC of the host's own in each old queue that is not empty. Then PROD and CONS are handed over, which takes
 * `software.migration_switch_ns`, and the held vCPUs go on in the order in which they came.
 *
 * With closed or asap pacing vCPUs reach the trace time at different simulated times: holding then includes the time that
 * other vCPUs still spend, thinking included, on what they had published earlier in the trace.
 */

import { Cost } from '../../strategies/path/costs.js';
import type { PathBuilder } from '../../strategies/path/path-builder.js';
import { Submission } from '../../strategies/path/submission.js';
import type { Migration } from '../../strategies/spec.js';
import { ThreadKind } from '../probe.js';
import { Thread } from '../thread.js';
import type { VmContext } from '../vm-context.js';
import type { Worker } from '../worker.js';

/** The old path works → somebody wants the new one → the old queues are being drained → handing over → the new path works. */
type Phase = 'old' | 'requested' | 'draining' | 'switching' | 'new';

/** A vCPU that waits for the new path. */
export interface HeldVcpu {
  /** It may go on; returns for how long it was held, ns. */
  release(): number;
}

/** Counts of what went by one path. */
export interface PathCounts {
  submissions: number;
  /** Guest commands published, SYNCs included, and those of them whose submission has ended. */
  publishedCommands: number;
  completedCommands: number;
}

/** The VMM's thread that changes the paths. Times are simulated, ns; -1: not yet, or never. */
export class Switchover extends Thread {
  /** By path: 0 old, 1 new. */
  readonly paths: readonly [PathCounts, PathCounts] = [noCounts(), noCounts()];
  /** The first publication for the new path. */
  requestedNs = -1;
  /** Everything of the old path is done. */
  drainedNs = -1;
  /** The new path is open. */
  openNs = -1;
  /** Submissions of the old path that had not ended at `requestedNs`. */
  drainedSubmissions = 0;
  /** Submissions that waited for the new path, and their waits summed. */
  heldSubmissions = 0;
  heldNs = 0;
  private phase: Phase = 'old';
  /** Submissions of the old path that have not ended. */
  private outstanding = 0;
  /** The trace has reached the first publication of the new path. */
  private isPast = false;
  /** The first publication of the new path counts (no warm-up). */
  private isMeasured = false;
  private readonly held: HeldVcpu[] = [];
  private readonly nothing = new Submission();

  constructor(
    context: VmContext,
    readonly migration: Migration,
    private readonly path: PathBuilder,
    private readonly oldWorkers: readonly Worker[],
    /** The next publication is the first one of the new path. */
    private readonly onTakeOver: () => void,
  ) {
    super(context, ThreadKind.Vmm);
    for (const worker of oldWorkers) worker.onIdle = () => this.drainIfQuiet();
  }

  protected get rows(): Submission {
    return this.nothing;
  }

  /** Trace order: the path of a publication at trace time `doorbellNs`. */
  pathOf(doorbellNs: number): number {
    if (!this.isPast && doorbellNs >= this.migration.atNs) {
      this.isPast = true;
      this.onTakeOver();
    }
    return this.isPast ? 1 : 0;
  }

  /** Trace order: `submission` is on its way to its vCPU. */
  published({ path, guestCount, measured }: Submission): void {
    const counts = this.paths[path];
    if (path === 0) this.outstanding++;
    else if (counts.submissions === 0) this.isMeasured = measured;
    counts.submissions++;
    counts.publishedCommands += guestCount;
  }

  /** Simulated time: `submission` has ended. */
  ended({ path, guestCount }: Submission): void {
    this.paths[path].completedCommands += guestCount;
    if (path > 0) return;
    this.outstanding--;
    this.drainIfQuiet();
  }

  /** Simulated time: `vcpu` wants to start a submission of path `path`. False: it is held, and told when it may. */
  admits(vcpu: HeldVcpu, path: number): boolean {
    if (path === 0 || this.phase === 'new') return true;
    this.held.push(vcpu);
    if (this.phase === 'old') {
      this.phase = 'requested';
      this.requestedNs = this.context.simulator.nowNs;
      this.drainedSubmissions = this.outstanding;
      this.drainIfQuiet();
    }
    return false;
  }

  private drainIfQuiet(): void {
    if (this.phase !== 'requested' || this.outstanding > 0 || this.oldWorkers.some((worker) => !worker.isIdle)) return;
    this.phase = 'draining';
    // The caller's own step is not over yet: start through the schedule, in this same instant.
    this.startAt(this.context.simulator.nowNs);
  }

  protected start(): void {
    const { path, context } = this;
    path.begin(this.program, this.isMeasured, this.nothing);
    // Queues of the new path are empty yet.
    const { engines } = context;
    for (let queue = 0; queue < engines.queues.length; queue++) {
      if (!engines.queues[queue].isDrained) path.hostSync(queue);
    }
    this.run(Cost.migrationWait);
  }

  protected finished(): void {
    const now = this.context.simulator.nowNs;
    if (this.phase === 'draining') {
      this.phase = 'switching';
      this.drainedNs = now;
      this.path.begin(this.program, this.isMeasured, this.nothing);
      this.path.host(Cost.migrationSwitch);
      this.run(Cost.migrationSwitch);
      return;
    }
    this.phase = 'new';
    this.openNs = now;
    this.context.probe.onPathsChanged?.(this.drainedNs);
    for (const vcpu of this.held) {
      this.heldSubmissions++;
      this.heldNs += vcpu.release();
    }
    this.held.length = 0;
  }

  private run(waitCost: number): void {
    const now = this.context.simulator.nowNs;
    this.begin(now, waitCost, now);
  }
}

function noCounts(): PathCounts {
  return { submissions: 0, publishedCommands: 0, completedCommands: 0 };
}
