/** What path verbs count as they are said. */

/** Counters that path verbs feed. `measured` is false while warming up. */
export interface PathTally {
  onExit(cause: string, measured: boolean): void;
  onIoctl(measured: boolean): void;
  /** The host appended a CMD_SYNC that the guest did not send. */
  onAddedSync(measured: boolean): void;
  /** A host command; `extraCause` indexes EXTRA_CAUSES of strategies/extra-causes.ts, -1 for the guest's own. */
  onHostCommand(opcode: number, extraCause: number, measured: boolean): void;
  /** A system call about an HWPT, by a key of `amplification.hwpt_ioctls`. */
  onHwptIoctl(kind: HwptIoctl, measured: boolean): void;
}

/** System calls about HWPTs. */
export type HwptIoctl = 'alloc' | 'attach' | 'destroy';

/** Why the guest trapped; keys of `amplification.exits_by_cause`. */
export const ExitCause = {
  ProdWrite: 'prod_write',
  ConsRead: 'cons_read',
  KernelDoorbell: 'kernel_doorbell',
  /** A hardware queue halted at a command that it cannot run; the vCPU itself goes on. */
  QueueHalt: 'queue_halt',
  /** Paravirtual requests were put into a virtqueue. */
  VirtqueueKick: 'virtqueue_kick',
  /** A GERROR handler reads GERROR, GERRORN and CONS and writes GERRORN. */
  GerrorHandler: 'gerror_handler',
} as const;
