/**
 * What time is spent on: every cost a path can incur, the profile parameter it comes from and the stage it counts for.
 *
 * Waiting (lock, queue, device) has no parameter: it is an outcome, not an input. Stages are the keys of
 * `latency.breakdown_ns` (design §8).
 */
import type { LoadedProfile } from '../../profiles/load.js';

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
  /** Parameter that is a part of `parameter` and charged between the halves: they are those of the rest. */
  readonly without?: string;
}

/** Cost ids: dense small integers that index every per-cost array. */
export const enum Cost {
  /** vCPU → VMM, first half of the round trip. */
  exitUserEntry,
  /** VMM → vCPU, the rest of the round trip. */
  exitUserReturn,
  /** Exit handled in the host kernel, there and back. */
  exitKernel,
  /** CONS register read that traps to the VMM. */
  consReadEntry,
  /** Between the two the VMM holds its lock; a part of the same round trip. */
  consReadHold,
  consReadReturn,
  /** Store to a mapped doorbell. */
  doorbell,
  vmmDispatch,
  vmmPerCommand,
  ioctl,
  copyFixed,
  copyPerCommand,
  convert,
  workerRead,
  /** The host takes one range out of the page tables that a paravirtual device maps into. */
  hostUnmap,
  /** The host allocates a nested HWPT for a stream's new configuration, and destroys the one it had. */
  hwptAlloc,
  hwptDestroy,
  /** The host attaches a stream to an HWPT; the commands that it sends for it are charged apart. */
  hwptAttach,
  insertFixed,
  insertPerCommand,
  /** Reserving slots of a command queue: retries of the compare-and-swap, per other CPU that tries. */
  casRetry,
  /** Reserving slots: waiting while other CPUs win the compare-and-swap. */
  casWait,
  /** The owner of a gather set waits for the PROD write before its own, and for those who ride along to fill their slots. */
  gatherWait,
  /** Signal → the sleeping thread runs. */
  wakeUp,
  /** A hardware queue halts → its interrupt handler runs on the host. */
  queueHaltIrq,
  /** Mean time until a polling thread looks: half its period. */
  pollDelay,
  /** One command or SYNC fetched by the SMMU. */
  fetch,
  execTlbi,
  execCfgi,
  execCfgiRange,
  execPrefetch,
  execAtcIssue,
  syncComplete,
  /** SYNC done → the next read of CONS by a driver that polls with back-off (see machine/engine/sync-backoff.ts). */
  syncPoll,
  /** SYNC waits for ATC completions: PCIe round trip, device work and its backlog. */
  atcWait,
  /** Waiting for the VMM's big lock. */
  lockWait,
  /** Waiting in a command queue, or for a worker that is busy. */
  queueWait,
  /** GERROR is raised → the handler of its interrupt runs in the guest. */
  gerrorIrq,
  /** The handler's own work: log, overwrite the slot at CONS. */
  gerrorHandler,
  /** The handler's accesses to registers that trap. */
  gerrorExit,
  /** A command queue stands between an error and its acknowledgement. */
  errorWait,
  /** Polling for a CMD_SYNC until the driver gives up. */
  pollTimeout,
  /** Open-loop pacing: the vCPU is still busy with its previous submission. */
  vcpuWait,
  /** The guest changes paths: waiting until everything published before is done. */
  migrationWait,
  /** The guest changes paths: both are closed while the queue's state is handed over. */
  migrationSwitch,
}
export type CostName = keyof typeof Cost;

/** What each cost is, by its id; the type sees to it that each has the name of its id. */
const SPECS: { readonly [Name in CostName as (typeof Cost)[Name]]: CostSpec & { readonly name: Name } } = {
  [Cost.exitUserEntry]: {
    name: 'exitUserEntry',
    stage: 'exit',
    parameter: 'software.mmio_exit_user_ns',
    part: 'first-half',
  },
  [Cost.exitUserReturn]: {
    name: 'exitUserReturn',
    stage: 'exit',
    parameter: 'software.mmio_exit_user_ns',
    part: 'second-half',
  },
  [Cost.exitKernel]: { name: 'exitKernel', stage: 'exit', parameter: 'software.mmio_exit_kernel_ns' },
  [Cost.consReadEntry]: {
    name: 'consReadEntry',
    stage: 'cons_read',
    parameter: 'software.mmio_exit_user_ns',
    part: 'first-half',
    without: 'software.vmm_read_hold_ns',
  },
  [Cost.consReadHold]: { name: 'consReadHold', stage: 'cons_read', parameter: 'software.vmm_read_hold_ns' },
  [Cost.consReadReturn]: {
    name: 'consReadReturn',
    stage: 'cons_read',
    parameter: 'software.mmio_exit_user_ns',
    part: 'second-half',
    without: 'software.vmm_read_hold_ns',
  },
  [Cost.doorbell]: { name: 'doorbell', stage: 'doorbell', parameter: 'software.mmio_write_posted_ns' },
  [Cost.vmmDispatch]: { name: 'vmmDispatch', stage: 'vmm', parameter: 'software.vmm_dispatch_ns' },
  [Cost.vmmPerCommand]: { name: 'vmmPerCommand', stage: 'vmm', parameter: 'software.vmm_per_cmd_ns' },
  [Cost.ioctl]: { name: 'ioctl', stage: 'ioctl', parameter: 'software.syscall_ioctl_ns' },
  [Cost.copyFixed]: { name: 'copyFixed', stage: 'copy_convert', parameter: 'software.copy_fixed_ns' },
  [Cost.copyPerCommand]: { name: 'copyPerCommand', stage: 'copy_convert', parameter: 'software.copy_per_cmd_ns' },
  [Cost.convert]: { name: 'convert', stage: 'copy_convert', parameter: 'software.kern_convert_per_cmd_ns' },
  [Cost.workerRead]: { name: 'workerRead', stage: 'copy_convert', parameter: 'software.worker_read_per_cmd_ns' },
  [Cost.hostUnmap]: { name: 'hostUnmap', stage: 'unmap', parameter: 'software.host_unmap_ns' },
  [Cost.hwptAlloc]: { name: 'hwptAlloc', stage: 'attach', parameter: 'software.hwpt_alloc_ns' },
  [Cost.hwptDestroy]: { name: 'hwptDestroy', stage: 'attach', parameter: 'software.hwpt_destroy_ns' },
  [Cost.hwptAttach]: { name: 'hwptAttach', stage: 'attach', parameter: 'software.hwpt_attach_ns' },
  [Cost.insertFixed]: { name: 'insertFixed', stage: 'insert', parameter: 'software.cmdq_insert_fixed_ns' },
  [Cost.insertPerCommand]: { name: 'insertPerCommand', stage: 'insert', parameter: 'software.cmdq_insert_per_cmd_ns' },
  [Cost.casRetry]: { name: 'casRetry', stage: 'insert', parameter: 'software.cmpxchg_retry_ns' },
  [Cost.casWait]: { name: 'casWait', stage: 'insert' },
  [Cost.gatherWait]: { name: 'gatherWait', stage: 'insert' },
  [Cost.wakeUp]: { name: 'wakeUp', stage: 'wake_up', parameter: 'software.worker_wake_ns' },
  [Cost.queueHaltIrq]: { name: 'queueHaltIrq', stage: 'wake_up', parameter: 'software.queue_halt_irq_ns' },
  [Cost.pollDelay]: { name: 'pollDelay', stage: 'wake_up', parameter: 'software.kthread_poll_period_ns', part: 'half' },
  [Cost.fetch]: { name: 'fetch', stage: 'fetch', parameter: 'smmu.mem_latency_ns' },
  [Cost.execTlbi]: { name: 'execTlbi', stage: 'execute', parameter: 'smmu.exec_tlbi_ns' },
  [Cost.execCfgi]: { name: 'execCfgi', stage: 'execute', parameter: 'smmu.exec_cfgi_ns' },
  [Cost.execCfgiRange]: { name: 'execCfgiRange', stage: 'execute', parameter: 'smmu.exec_cfgi_range_ns' },
  [Cost.execPrefetch]: { name: 'execPrefetch', stage: 'execute', parameter: 'smmu.exec_prefetch_ns' },
  [Cost.execAtcIssue]: { name: 'execAtcIssue', stage: 'execute', parameter: 'smmu.exec_atc_issue_ns' },
  [Cost.syncComplete]: { name: 'syncComplete', stage: 'sync', parameter: 'smmu.sync_complete_ns' },
  [Cost.syncPoll]: { name: 'syncPoll', stage: 'sync' },
  [Cost.atcWait]: { name: 'atcWait', stage: 'atc', parameter: 'atc.rtt_ns' },
  [Cost.lockWait]: { name: 'lockWait', stage: 'vmm_lock' },
  [Cost.queueWait]: { name: 'queueWait', stage: 'queue_wait' },
  [Cost.gerrorIrq]: { name: 'gerrorIrq', stage: 'error', parameter: 'software.gerror_irq_ns' },
  [Cost.gerrorHandler]: { name: 'gerrorHandler', stage: 'error', parameter: 'software.gerror_handler_ns' },
  [Cost.gerrorExit]: { name: 'gerrorExit', stage: 'error', parameter: 'software.mmio_exit_user_ns' },
  [Cost.errorWait]: { name: 'errorWait', stage: 'error' },
  [Cost.pollTimeout]: { name: 'pollTimeout', stage: 'error' },
  [Cost.vcpuWait]: { name: 'vcpuWait', stage: 'vcpu_wait' },
  [Cost.migrationWait]: { name: 'migrationWait', stage: 'migration' },
  [Cost.migrationSwitch]: { name: 'migrationSwitch', stage: 'migration', parameter: 'software.migration_switch_ns' },
};

/** The same by id: whole numbers as keys come in ascending order. */
const SPEC_OF_COST: readonly (CostSpec & { readonly name: CostName })[] = Object.values(SPECS);

/** Cost ids by name, for those who look one up while the tool runs. */
export const COSTS: { readonly [Name in CostName]: Cost } = Object.fromEntries(
  SPEC_OF_COST.map(({ name }, id) => [name, id]),
) as Record<CostName, Cost>;

/** Number of cost ids. */
export const COST_COUNT = SPEC_OF_COST.length;

/** Stage of each cost id, as an index into STAGES. */
export const STAGE_OF_COST: readonly number[] = SPEC_OF_COST.map(({ stage }) => STAGES.indexOf(stage));

/** Profile parameter of each cost id; undefined for waits. */
export const PARAMETER_OF_COST: readonly (string | undefined)[] = SPEC_OF_COST.map(({ parameter }) => parameter);

/** True for a stage that is nothing but waiting: it is longer because others are. */
export function isWaitStage(stage: string): boolean {
  const specs = SPEC_OF_COST.filter((spec) => spec.stage === stage);
  return specs.length > 0 && specs.every(({ parameter }) => parameter === undefined);
}

/** ns of each cost id under `profile`; 0 for waits. */
export function costTable(profile: LoadedProfile): Float64Array {
  const table = new Float64Array(COST_COUNT);
  for (const [id, spec] of SPEC_OF_COST.entries()) {
    if (spec.parameter === undefined || id === Cost.atcWait) continue;
    const part = spec.without === undefined ? 0 : profile.number(spec.without);
    const full = Math.max(0, profile.number(spec.parameter) - part);
    const half = Math.floor(full / 2);
    table[id] = spec.part === undefined ? full : spec.part === 'second-half' ? full - half : half;
  }
  return table;
}
