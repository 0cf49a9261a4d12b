/**
 * What a vCPU publishes from its first PROD write after the operation before up to the CMD_SYNC that it waits for, over as
 * many PROD writes as that takes (design §6).
 *
 * Its latency is the time for which the path holds the vCPU: in each PROD write until the guest runs on, and waiting for the
 * SYNC. What the guest does between its PROD writes is its own work and is left out; the span includes it.
 */
import type { Submission } from '../strategies/path/submission.js';
import { CostTrail } from './cost-trail.js';

/** The operation of one vCPU that is under way, or was the last to end. A view: valid during the call that hands it over. */
export class Operation {
  /** PROD writes so far; 0: none is under way. */
  publications = 0;
  /** Simulated time of the first PROD write, and of the moment at which the guest ran on behind the latest. */
  publishedNs = 0;
  doneNs = 0;
  /** Time for which the path held the vCPU, ns. */
  heldNs = 0;
  /** Guest commands published, SYNCs included, and the invalidations of a TLB among them. */
  commands = 0;
  tlbis = 0;
  /** Number of the event that published first. */
  event = 0;
  vm = 0;
  vcpu = 0;
  /** Path of the latest publication (see replay/migration/switchover.ts). */
  path = 0;
  measured = true;
  /** The path had something to do for it. A paravirtual guest has no request for most commands: they cost it nothing. */
  hasWork = false;
  /** Where the time went: the courses of its publications, one behind the other. */
  trail: CostTrail;
  private readonly joined = new CostTrail();

  constructor() {
    this.trail = this.joined;
  }

  /** `submission` has ended: it held the vCPU from `publishedNs` to `doneNs`, spent as `trail` says. */
  add(submission: Submission, publishedNs: number, doneNs: number, trail: CostTrail, hasWork: boolean): void {
    const isFirst = this.publications++ === 0;
    if (isFirst) this.begin(submission, publishedNs);
    this.doneNs = doneNs;
    this.commands += submission.guestCount;
    this.tlbis += submission.tlbiCount;
    this.path = submission.path;
    if (isFirst) this.joined.clear();
    this.trail = this.joined;
    // Whatever passed meanwhile, this path has not held the vCPU in it.
    if (!hasWork) return;
    this.hasWork = true;
    this.heldNs += doneNs - publishedNs;
    // One PROD write is all of it, as nearly always: nothing to join.
    if (isFirst && submission.syncCount > 0) this.trail = trail;
    else this.joined.append(trail);
  }

  /** The next publication begins another. */
  end(): void {
    this.publications = 0;
  }

  private begin({ event, vm, vcpu, measured }: Submission, publishedNs: number): void {
    this.publishedNs = publishedNs;
    this.heldNs = 0;
    this.commands = 0;
    this.tlbis = 0;
    this.event = event;
    this.vm = vm;
    this.vcpu = vcpu;
    this.measured = measured;
    this.hasWork = false;
  }
}
