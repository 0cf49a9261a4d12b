/**
 * What time is spent on: every cost a path can incur, the profile parameter it comes from and the stage it counts for.
 *
 * Waiting (lock, queue, device) has no parameter: it is an outcome, not an input. Stages are the keys of
 * `latency.breakdown_ns` (design §8).
 */
import type { LoadedProfile } from '../profiles/load.js';

/** Stages of a submission, in the order in which reports show them. */
export const STAGES = [
  'exit',
  'doorbell',
  'wake_up',
  'vmm_lock',
  'vmm',
  'ioctl',
  'copy_convert',
  'unmap',
  'attach',
  'insert',
  'queue_wait',
  'fetch',
  'execute',
  'atc',
  'sync',
  'cons_read',
  'error',
  'vcpu_wait',
  'migration',
] as const;
export type Stage = (typeof STAGES)[number];

interface CostSpec {
  readonly stage: Stage;
  /** Profile parameter, or undefined for a wait. */
  readonly parameter?: string;
  /** The parameter is charged in two halves (there and back). */
  readonly part?: 'first-half' | 'second-half' | 'half';
}

const SPECS = {
  /** vCPU → VMM, first half of the round trip. */
  exitUserEntry: { stage: 'exit', parameter: 'software.mmio_exit_user_ns', part: 'first-half' },
  /** VMM → vCPU, the rest of the round trip. */
  exitUserReturn: { stage: 'exit', parameter: 'software.mmio_exit_user_ns', part: 'second-half' },
  /** Exit handled in the host kernel, there and back. */
  exitKernel: { stage: 'exit', parameter: 'software.mmio_exit_kernel_ns' },
  /** CONS register read that traps to the VMM. */
  consReadEntry: { stage: 'cons_read', parameter: 'software.mmio_exit_user_ns', part: 'first-half' },
  consReadReturn: { stage: 'cons_read', parameter: 'software.mmio_exit_user_ns', part: 'second-half' },
  /** Store to a mapped doorbell. */
  doorbell: { stage: 'doorbell', parameter: 'software.mmio_write_posted_ns' },
  vmmDispatch: { stage: 'vmm', parameter: 'software.vmm_dispatch_ns' },
  vmmPerCommand: { stage: 'vmm', parameter: 'software.vmm_per_cmd_ns' },
  ioctl: { stage: 'ioctl', parameter: 'software.syscall_ioctl_ns' },
  copyFixed: { stage: 'copy_convert', parameter: 'software.copy_fixed_ns' },
  copyPerCommand: { stage: 'copy_convert', parameter: 'software.copy_per_cmd_ns' },
  convert: { stage: 'copy_convert', parameter: 'software.kern_convert_per_cmd_ns' },
  workerRead: { stage: 'copy_convert', parameter: 'software.worker_read_per_cmd_ns' },
  /** The host takes one range out of the page tables that a paravirtual device maps into. */
  hostUnmap: { stage: 'unmap', parameter: 'software.host_unmap_ns' },
  /** The host allocates a nested HWPT for a stream's new configuration, and destroys the one it had. */
  hwptAlloc: { stage: 'attach', parameter: 'software.hwpt_alloc_ns' },
  hwptDestroy: { stage: 'attach', parameter: 'software.hwpt_destroy_ns' },
  /** The host attaches a stream to an HWPT; the commands that it sends for it are charged apart. */
  hwptAttach: { stage: 'attach', parameter: 'software.hwpt_attach_ns' },
  insertFixed: { stage: 'insert', parameter: 'software.cmdq_insert_fixed_ns' },
  insertPerCommand: { stage: 'insert', parameter: 'software.cmdq_insert_per_cmd_ns' },
  /** Reserving slots of a command queue: retries of the compare-and-swap, per other CPU that tries. */
  casRetry: { stage: 'insert', parameter: 'software.cmpxchg_retry_ns' },
  /** Reserving slots: waiting while other CPUs win the compare-and-swap. */
  casWait: { stage: 'insert' },
  /** The owner of a gather set waits for the PROD write before its own, and for those who ride along to fill their slots. */
  gatherWait: { stage: 'insert' },
  /** Signal → the sleeping thread runs. */
  wakeUp: { stage: 'wake_up', parameter: 'software.worker_wake_ns' },
  /** A hardware queue halts → its interrupt handler runs on the host. */
  queueHaltIrq: { stage: 'wake_up', parameter: 'software.queue_halt_irq_ns' },
  /** Mean time until a polling thread looks: half its period. */
  pollDelay: { stage: 'wake_up', parameter: 'software.kthread_poll_period_ns', part: 'half' },
  /** One command or SYNC fetched by the SMMU. */
  fetch: { stage: 'fetch', parameter: 'smmu.mem_latency_ns' },
  execTlbi: { stage: 'execute', parameter: 'smmu.exec_tlbi_ns' },
  execCfgi: { stage: 'execute', parameter: 'smmu.exec_cfgi_ns' },
  execCfgiRange: { stage: 'execute', parameter: 'smmu.exec_cfgi_range_ns' },
  execPrefetch: { stage: 'execute', parameter: 'smmu.exec_prefetch_ns' },
  execAtcIssue: { stage: 'execute', parameter: 'smmu.exec_atc_issue_ns' },
  syncComplete: { stage: 'sync', parameter: 'smmu.sync_complete_ns' },
  /** SYNC done → the next read of CONS by a driver that polls with back-off (see engine/sync-backoff.ts). */
  syncPoll: { stage: 'sync' },
  /** SYNC waits for ATC completions: PCIe round trip, device work and its backlog. */
  atcWait: { stage: 'atc', parameter: 'atc.rtt_ns' },
  /** Waiting for the VMM's big lock. */
  lockWait: { stage: 'vmm_lock' },
  /** Waiting in a command queue, or for a worker that is busy. */
  queueWait: { stage: 'queue_wait' },
  /** GERROR is raised → the handler of its interrupt runs in the guest. */
  gerrorIrq: { stage: 'error', parameter: 'software.gerror_irq_ns' },
  /** The handler's own work: log, overwrite the slot at CONS. */
  gerrorHandler: { stage: 'error', parameter: 'software.gerror_handler_ns' },
  /** The handler's accesses to registers that trap. */
  gerrorExit: { stage: 'error', parameter: 'software.mmio_exit_user_ns' },
  /** A command queue stands between an error and its acknowledgement. */
  errorWait: { stage: 'error' },
  /** Polling for a CMD_SYNC until the driver gives up. */
  pollTimeout: { stage: 'error' },
  /** Open-loop pacing: the vCPU is still busy with its previous submission. */
  vcpuWait: { stage: 'vcpu_wait' },
  /** The guest changes paths: waiting until everything published before is done. */
  migrationWait: { stage: 'migration' },
  /** The guest changes paths: both are closed while the queue's state is handed over. */
  migrationSwitch: { stage: 'migration', parameter: 'software.migration_switch_ns' },
} as const satisfies Record<string, CostSpec>;

export type CostName = keyof typeof SPECS;

const NAMES = Object.keys(SPECS) as CostName[];

/** Cost ids: dense small integers that index every per-cost array. */
export const Cost = Object.fromEntries(NAMES.map((name, id) => [name, id])) as Readonly<Record<CostName, number>>;

/** Number of cost ids. */
export const COST_COUNT = NAMES.length;

/** Stage of each cost id, as an index into STAGES. */
export const STAGE_OF_COST: readonly number[] = NAMES.map((name) => STAGES.indexOf(SPECS[name].stage));

/** Profile parameter of each cost id; undefined for waits. */
export const PARAMETER_OF_COST: readonly (string | undefined)[] = NAMES.map(
  (name) => (SPECS[name] as CostSpec).parameter,
);

/** ns of each cost id under `profile`; 0 for waits. */
export function costTable(profile: LoadedProfile): Float64Array {
  const table = new Float64Array(COST_COUNT);
  for (const [id, name] of NAMES.entries()) {
    const spec: CostSpec = SPECS[name];
    if (spec.parameter === undefined || name === 'atcWait') continue;
    const full = profile.number(spec.parameter);
    const half = Math.floor(full / 2);
    table[id] = spec.part === undefined ? full : spec.part === 'second-half' ? full - half : half;
  }
  return table;
}
