/**
 * What a path does with errors: who finds a command that cannot be executed, and when the guest learns it (facts L §4,
 * §0.1, M §2.4). A transport declares it; the replay of `--fault` acts on it (replay/faults/faults.ts).
 */

import type { HostUapi } from './host-kernel.js';

/** How one kind of error ends on one path. */
export type ErrorAnswer =
  | {
      /**
       * `vmm`: when it decodes the command, before any system call. `host-kernel`: when it converts it, the ioctl fails and
       * the VMM passes that on. `smmu`: the hardware stops its queue. `nobody`: it goes through or is dropped unseen.
       */
      readonly by: 'vmm' | 'host-kernel' | 'smmu' | 'nobody';
      /**
       * `synchronous`: the trapped PROD write returns with the error raised. `asynchronous`: an event or an interrupt
       * reaches the guest while it polls. `timeout`: its wait for the CMD_SYNC ends after the poll timeout.
       */
      readonly guestLearns: 'synchronous' | 'asynchronous' | 'timeout' | 'never';
    }
  | {
      /** Why this cannot happen on this path. */
      readonly notApplicable: string;
    };

/** The errors of one transport with its options. */
export interface ErrorBehaviour {
  readonly illegal: ErrorAnswer;
  /** An ATC_INV that names an unknown vSID, where the targeting looks it up at all. */
  readonly unknownAtc: ErrorAnswer;
  /** A CFGI_CD that does. */
  readonly unknownConfig: ErrorAnswer;
  /** Fields that the SMMU reserves, in a queue that it reads itself; absent: the path has no such queue. */
  readonly reserved?: ErrorAnswer;
  /** A command that the host kernel's checks refuse (host-refusal.ts); absent: it hands no command to a host kernel. */
  readonly refused?: ErrorAnswer;
  /**
   * An ATC_INV and a CFGI_* of the trace for a stream that the virtual SMMU has not got. Upstream QEMU knows its devices and
   * drops both with success (N26 §E1), which is no error.
   */
  readonly strayAtc: ErrorAnswer;
  readonly strayConfig: ErrorAnswer;
  readonly deadWorker: ErrorAnswer;
  /** A CMD_SYNC behind an ATC_INV that no device answers. */
  readonly silentDevice: ErrorAnswer;
  /** The hardware error of a guest's own queue passes through the host and its VMM before the guest is interrupted. */
  readonly isRelayedByVmm?: boolean;
  /** Commands are handed to the kernel in arrays: which kernel's error semantics (facts L §4.2). */
  readonly batch?: HostUapi;
}

/** The VMM drops the command, and the guest counts it as done. */
const DROPPED: ErrorAnswer = { by: 'vmm', guestLearns: 'never' };
const noWorkerToDie: ErrorAnswer = { notApplicable: 'has no worker' };

/** Trapped PROD writes: the VMM raises CERROR_ILL and GERROR in the virtual SMMU before the write returns (facts L §4.2). */
export const TRAPPED_ERRORS: ErrorBehaviour = {
  illegal: { by: 'vmm', guestLearns: 'synchronous' },
  unknownAtc: { by: 'host-kernel', guestLearns: 'synchronous' },
  unknownConfig: { by: 'host-kernel', guestLearns: 'synchronous' },
  refused: { by: 'host-kernel', guestLearns: 'synchronous' },
  strayAtc: DROPPED,
  strayConfig: DROPPED,
  deadWorker: noWorkerToDie,
  silentDevice: { by: 'host-kernel', guestLearns: 'synchronous' },
};

/** The seed patch drops what it cannot make sense of and looks no stream up (facts L §0.1). */
export const SILENT_ERRORS: ErrorBehaviour = {
  ...TRAPPED_ERRORS,
  illegal: { by: 'nobody', guestLearns: 'never' },
  unknownAtc: { by: 'nobody', guestLearns: 'never' },
  unknownConfig: { by: 'nobody', guestLearns: 'never' },
  refused: { by: 'nobody', guestLearns: 'never' },
  strayAtc: { by: 'nobody', guestLearns: 'never' },
};

/** A host thread consumes the queue: it stops, wakes the VMM, and that interrupts the guest. */
export const ASYNCHRONOUS_ERRORS: ErrorBehaviour = {
  illegal: { by: 'vmm', guestLearns: 'asynchronous' },
  unknownAtc: { by: 'host-kernel', guestLearns: 'asynchronous' },
  unknownConfig: { by: 'host-kernel', guestLearns: 'asynchronous' },
  refused: { by: 'host-kernel', guestLearns: 'asynchronous' },
  // The thread converts before anybody asks the VMM which devices it has.
  strayAtc: { by: 'host-kernel', guestLearns: 'asynchronous' },
  strayConfig: { by: 'host-kernel', guestLearns: 'asynchronous' },
  deadWorker: { by: 'nobody', guestLearns: 'timeout' },
  // The guest polls as long as the thread does, and began before it.
  silentDevice: { by: 'host-kernel', guestLearns: 'timeout' },
};

/**
 * Tegra241 CMDQV: an ATC_INV without a SID match stops the VCMDQ (M §2.5); host interrupt → VEVENTQ → VMM → guest (L §6.4).
 * What the guest's driver keeps off the VCMDQ traps as with `ioctl`.
 */
export const VCMDQ_ERRORS: ErrorBehaviour = {
  ...TRAPPED_ERRORS,
  unknownAtc: { by: 'smmu', guestLearns: 'asynchronous' },
  strayAtc: { by: 'smmu', guestLearns: 'asynchronous' },
  reserved: { by: 'smmu', guestLearns: 'asynchronous' },
  silentDevice: { by: 'smmu', guestLearns: 'timeout' },
  isRelayedByVmm: true,
};

/** Bare metal: the SMMU stops the one queue and interrupts its driver. */
export const NATIVE_ERRORS: ErrorBehaviour = {
  illegal: { by: 'smmu', guestLearns: 'asynchronous' },
  reserved: { by: 'smmu', guestLearns: 'asynchronous' },
  unknownAtc: { notApplicable: 'has no virtual StreamIDs' },
  unknownConfig: { notApplicable: 'has no virtual StreamIDs' },
  strayAtc: { notApplicable: 'has no virtual StreamIDs' },
  strayConfig: { notApplicable: 'has no virtual StreamIDs' },
  deadWorker: noWorkerToDie,
  silentDevice: { by: 'smmu', guestLearns: 'timeout' },
};

/** A paravirtual guest has requests instead of commands; the host's own unmap only logs a time-out. */
export const PARAVIRTUAL_ERRORS: ErrorBehaviour = {
  illegal: { notApplicable: 'its guest has no command queue' },
  unknownAtc: { notApplicable: 'its guest has no command queue' },
  unknownConfig: { notApplicable: 'its guest has no command queue' },
  strayAtc: { notApplicable: 'its guest has no command queue' },
  strayConfig: { notApplicable: 'its guest has no command queue' },
  deadWorker: noWorkerToDie,
  silentDevice: { by: 'host-kernel', guestLearns: 'never' },
};
