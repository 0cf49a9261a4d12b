/** How one thread waits for its SYNCs: who reads CONS meanwhile, and when it sees that they are done. */

import { ThreadKind } from './probe.js';
import type { VmContext } from './vm-context.js';

/** At most one wait at a time. */
export class SyncWait {
  /** When host CPU began to poll; -1 if it does not. Whose it is: an index into THREAD_KINDS. */
  private pollsSinceNs = -1;
  private pollsAs: number = ThreadKind.Vmm;
  /** When the thread began to read CONS with back-off; -1 if it does not, or no longer. */
  private readsSinceNs = -1;

  constructor(
    private readonly context: VmContext,
    /** What the thread's own work counts as. */
    private readonly threadKind: number,
  ) {}

  /** The wait begins; `cpu` as with Step.AwaitSync. A halted queue interrupts: nobody reads its CONS. */
  begin(cpu: number, isForHalt: boolean): void {
    const { nowNs } = this.context.simulator;
    this.readsSinceNs = isForHalt ? -1 : nowNs;
    this.pollsSinceNs = cpu > 0 ? nowNs : -1;
    this.pollsAs = cpu === 2 ? ThreadKind.Vmm : this.threadKind;
  }

  /** The SYNCs are done now: when the thread sees it. Later than now at the first call only. */
  seenNs(): number {
    const { backoff, simulator } = this.context;
    if (backoff === undefined || this.readsSinceNs < 0) return simulator.nowNs;
    const seenNs = backoff.seenNs(this.readsSinceNs, simulator.nowNs);
    this.readsSinceNs = -1;
    return seenNs;
  }

  /** Host CPU polls. */
  get isOnHost(): boolean {
    return this.pollsSinceNs >= 0;
  }

  /** For how long it has, ns. */
  get polledNs(): number {
    return this.context.simulator.nowNs - this.pollsSinceNs;
  }

  /** The wait is over now: whatever host CPU has polled counts. */
  end(): void {
    if (this.isOnHost) this.context.probe.onHostCpu(this.pollsAs, this.polledNs);
  }
}
