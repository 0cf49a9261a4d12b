/**
 * Every parameter of the model, declared once: key, unit, meaning and range. A profile gives each a value with its
 * source and tag; `--set KEY=VALUE` changes one. Software keys follow facts M §4.1, hardware keys M §4.2 and design §7.
 */

/** How one parameter may be set. */
export interface ParameterSpec {
  readonly key: string;
  readonly unit:
    | 'ns'
    | 'entries'
    | 'ways'
    | 'slots'
    | 'log2 entries'
    | 'levels'
    | 'requests'
    | 'StreamID'
    | 'name'
    | 'on/off'
    | 'queues'
    | 'steps';
  readonly help: string;
  /** Smallest legal integer (numbers only). */
  readonly min?: number;
  /** Largest legal integer (numbers only). */
  readonly max?: number;
  /** Key of the parameter that this one is a part of: it is never the larger. */
  readonly partOf?: string;
  /** Legal names (unit `name` and `on/off`). */
  readonly choices?: readonly string[];
}

const ns = (key: string, help: string): ParameterSpec => ({ key, unit: 'ns', help, min: 0, max: 2 ** 40 });

/** Software path costs in ns (M §4.1). */
export const SOFTWARE_PARAMETERS: readonly ParameterSpec[] = [
  ns('software.mmio_write_posted_ns', 'store to a mapped doorbell, no exit'),
  ns('software.mmio_exit_kernel_ns', 'MMIO exit handled in the host kernel, and return'),
  ns('software.mmio_exit_user_ns', 'MMIO exit to the VMM and back'),
  {
    ...ns('software.vmm_read_hold_ns', 'VMM: its big lock held to answer a register read; a part of mmio_exit_user'),
    partOf: 'software.mmio_exit_user_ns',
  },
  ns('software.vmm_dispatch_ns', 'VMM: lock, region lookup and queue prologue per doorbell'),
  ns('software.vmm_per_cmd_ns', 'VMM: read, decode and emulate one command'),
  ns('software.syscall_ioctl_ns', 'ioctl entry, object lookup and return'),
  ns('software.copy_fixed_ns', 'copy_from_user set-up per ioctl'),
  ns('software.copy_per_cmd_ns', 'copy of one 16-byte command'),
  ns('software.kern_convert_per_cmd_ns', 'kernel: validate and rewrite one command (VMID, vSID)'),
  ns('software.cmdq_insert_fixed_ns', 'reserve a batch in a command queue and write PROD'),
  ns('software.cmdq_insert_per_cmd_ns', 'write one command into a reserved slot'),
  ns('software.cmpxchg_retry_ns', 'reserving queue slots: compare-and-swap retries per other CPU that tries'),
  {
    key: 'software.sync_wait',
    unit: 'name',
    help: 'how a driver waits for its CMD_SYNC: it sees the MSI write-back at once, or reads CONS with doubling delays',
    choices: ['msi', 'poll-backoff'],
  },
  ns('software.cons_read_ns', 'one read of a mapped CONS register while polling with back-off'),
  ns('software.worker_spin_ns', 'for which an adaptive worker goes on polling when it has nothing to do'),
  ns('software.worker_wake_ns', 'eventfd signal to running kernel thread on another core'),
  ns('software.worker_read_per_cmd_ns', 'worker: read one command from the guest queue'),
  ns('software.kthread_poll_period_ns', 'interval at which a polling worker looks at PROD'),
  ns('software.queue_halt_irq_ns', 'hardware queue halts → its interrupt handler runs on the host'),
  ns('software.hwpt_alloc_ns', 'host: allocate a nested HWPT for an STE, its system call not included'),
  ns('software.hwpt_attach_ns', 'host: attach a stream to an HWPT, system call and SMMU commands not included'),
  ns('software.hwpt_destroy_ns', 'host: destroy a nested HWPT, its system call not included'),
  {
    key: 'software.host_ste_writes',
    unit: 'steps',
    help: 'steps in which the host writes an STE to attach a stream, each closed by CFGI_STE and CMD_SYNC',
    min: 1,
    max: 3,
  },
  ns('software.gerror_irq_ns', 'command queue error raised → its interrupt handler runs (with --fault only)'),
  ns('software.gerror_handler_ns', 'GERROR handler: log, overwrite the slot, register accesses not included'),
  ns('software.cmdq_poll_timeout_ns', 'after which a driver gives up waiting for its CMD_SYNC (with --fault only)'),
  ns('software.host_unmap_ns', 'host: take one range out of its page tables, invalidation not included'),
  ns('software.migration_switch_ns', 'change of paths: hand PROD and CONS over from the drained queue to the new one'),
];

/** What the host can do (N26 §B1). */
export const HOST_PARAMETERS: readonly ParameterSpec[] = [
  {
    key: 'host.ril',
    unit: 'name',
    help: 'range invalidation: the host’s SMMU has it; or not, and the host refuses ranges (Linux 7.3) or spells them out page by page',
    choices: ['on', 'reject', 'emulate'],
  },
];

/** Command side of the SMMU and of ATS devices in ns (M §4.2). */
export const COMMAND_PARAMETERS: readonly ParameterSpec[] = [
  ns('smmu.mem_latency_ns', 'one memory round trip of the SMMU (Tm): command fetch, PTE read'),
  ns('smmu.exec_tlbi_ns', 'execute one TLBI'),
  ns('smmu.exec_cfgi_ns', 'execute CFGI_STE, CFGI_CD, CFGI_CD_ALL'),
  ns('smmu.exec_cfgi_range_ns', 'execute CFGI_STE_RANGE, CFGI_ALL'),
  ns('smmu.exec_prefetch_ns', 'execute PREFETCH_*'),
  ns('smmu.exec_atc_issue_ns', 'hand one ATC_INV to the PCIe side'),
  ns('smmu.sync_complete_ns', 'CMD_SYNC fetched → its issuer sees it done (polling)'),
  { key: 'smmu.cmdq_log2', unit: 'log2 entries', help: 'size of a host command queue', min: 1, max: 19 },
  { key: 'smmu.vcmdqs_per_vm', unit: 'queues', help: 'hardware VCMDQs that one VM gets', min: 1, max: 128 },
  { key: 'smmu.vcmdq_sid_slots', unit: 'slots', help: 'streams that one VM’s VCMDQs can translate', min: 1, max: 16 },
  {
    key: 'smmu.arbitration',
    unit: 'name',
    help: 'how the one command engine changes queues: after each command list (up to its SYNC), or after each command',
    choices: ['list', 'command'],
  },
  ns('atc.rtt_ns', 'PCIe invalidate request → completion, without the device’s own work'),
  ns('atc.exec_per_request_ns', 'device: work per invalidate request'),
  {
    key: 'atc.silent_sid',
    unit: 'StreamID',
    help: 'device that never answers an invalidate request; -1 = none',
    min: -1,
    max: 2 ** 32 - 1,
  },
  ns('atc.timeout_ns', 'after which a request to the silent device counts as timed out (reported at the CMD_SYNC)'),
  {
    key: 'atc.max_outstanding',
    unit: 'requests',
    help: 'invalidate requests in flight to one device',
    min: 1,
    max: 32,
  },
];

/** What a recording's own outcomes are compared with. */
export const ORACLE_PARAMETERS: readonly ParameterSpec[] = [
  {
    key: 'oracle.recorded',
    unit: 'name',
    help: 'exact model of the recorder’s SMMU that must predict every recorded hit and miss',
    choices: ['none', 'qemu-iotlb', 'qemu-vtd-iotlb'],
  },
];
