/** Declaration of `results[].amplification`, `errors`, `host`, `throughput` and `replay`. */
import { z } from 'zod';
import { distribution, headline, label, metric, metricBy } from './metric.js';

export const AMPLIFICATION = z.object({
  guest_commands: metric('count', 'neutral', 'commands that the guest published, CMD_SYNCs included'),
  host_commands: metric('count', 'lower', 'commands that the physical SMMU executed for them, CMD_SYNCs included'),
  host_per_guest: headline('ratio', 'lower', 'host_commands divided by guest_commands'),
  added_syncs: metric('count', 'lower', 'CMD_SYNCs that the host inserted'),
  exits: headline('count', 'lower', 'traps by the guest, to user space and to the host kernel'),
  exits_by_cause: metricBy('CAUSE', 'count', 'lower', 'traps by what the guest did'),
  ioctls: headline('count', 'lower', 'invalidation ioctls of the VMM'),
  hwpt_ioctls: metricBy(
    'VERB',
    'count',
    'lower',
    'system calls that allocate, attach or destroy the HWPTs of the guest’s streams',
  ),
  pcie_invalidations: headline('count', 'lower', 'PCIe ATS invalidate messages'),
  guest_by_opcode: metricBy('OPCODE', 'count', 'neutral', 'commands that the guest published, by opcode'),
  host_by_opcode: metricBy('OPCODE', 'count', 'lower', 'commands that the physical SMMU executed, by opcode'),
  not_forwarded_by_opcode: metricBy(
    'OPCODE',
    'count',
    'neutral',
    'guest commands that never reach the physical SMMU as themselves',
  ),
  extra_by_cause: metricBy(
    'CAUSE',
    'count',
    'lower',
    'host commands that the guest did not send, by why the host sent them',
  ),
});

export const ERRORS = z.object({
  refused_by_opcode: metricBy('OPCODE', 'count', 'lower', 'guest commands that the path refuses'),
  swallowed_by_opcode: metricBy(
    'OPCODE',
    'count',
    'lower',
    'guest commands that the path drops while the guest takes them for done',
  ).optional(),
  atc_timeouts: metric('count', 'lower', 'ATC invalidations that a device did not answer in time').optional(),
  unknown_vsid: metric(
    'count',
    'lower',
    'commands that name a stream which the virtual SMMU does not know, where that is looked up',
  ).optional(),
  findings: metricBy('FINDING', 'count', 'lower', 'what the review of the path objected to').optional(),
  stopped_queue: z
    .object({
      waits: metric('count', 'lower', 'times that a vCPU found the trapped queue stopped by an error of another'),
      wait_ns: metric('ns', 'lower', 'these waits summed'),
    })
    .optional(),
  incidents: z
    .record(z.string(), z.looseObject({ status: label('injected, not-reached or not-applicable') }))
    .optional()
    .meta({ description: 'what each injected fault led to' }),
});

const QUEUE = z.object({
  smmu: z.int().optional(),
  capacity: z.int(),
  produced: z.int(),
  consumed: z.int(),
  pending: z.int(),
  deepest: z.int(),
  grown: z.int(),
  command_lists: z.int(),
  prod_writes: z.int(),
});

export const HOST = z.object({
  cpu_ns: metricBy('THREAD', 'ns', 'lower', 'host CPU time, by kind of thread'),
  irq_off_ns: distribution('interrupts off on a host CPU, per issue of a command list').nullable(),
  vmm_lock: z
    .object({
      acquisitions: metric('count', 'neutral', 'times that the VMM’s big lock was taken'),
      contended: metric('count', 'lower', 'of these, those that had to wait'),
      held_ns: metric('ns', 'lower', 'time that the lock was held in all'),
      longest_hold_ns: metric('ns', 'lower', 'longest time that it was held at once'),
    })
    .optional(),
  command_engine: z
    .object({ busy_ns: metric('ns', 'lower', 'time that the command engine of the SMMU was busy') })
    .optional(),
  queues: z.array(QUEUE).optional().meta({ description: 'host command queues' }),
  background: z.object({ latency: distribution('the host’s own invalidations in the shared queue') }).optional(),
  workers: z
    .array(
      z.object({
        drains: z.int(),
        absorbed: z.int(),
        found_polling: z.int().optional(),
        polled_ns: z.number().optional(),
      }),
    )
    .optional()
    .meta({ description: 'host workers that read guest queues' }),
});

export const THROUGHPUT = z.object({
  duration_ns: metric(
    'ns',
    'neutral',
    'first event of the trace (behind a warm-up: first publication) to last completion, on simulated time',
  ),
  submissions_per_s: metric('1/s', 'higher', 'publications per simulated second'),
  commands_per_s: metric('1/s', 'higher', 'guest commands per simulated second'),
});

export const REPLAY = z.object({
  vms: metric('count', 'neutral', 'copies of the trace that ran as VMs').optional(),
  smmus: metric('count', 'neutral', 'physical SMMUs').optional(),
  vcpus: metric('count', 'neutral', 'vCPUs that published commands'),
  vmids: z.enum(['replaced', 'as-recorded']).optional().meta({
    description:
      'whether the host puts the VM’s VMID in place of the guest’s, or commands keep theirs: on bare metal, and where the translations of the trace have VMIDs of their own because a host was recorded',
  }),
  publications: metric('count', 'neutral', 'PROD writes, with or without CMD_SYNC'),
  operations_in_several_writes: metric(
    'count',
    'neutral',
    'operations that take more than one PROD write; left out: none',
  ).optional(),
  operations_without_work: metric(
    'count',
    'neutral',
    'operations for which the path had nothing to do: no samples of 0 ns, but none at all',
  ).optional(),
  unpublished_commands: metric('count', 'neutral', 'commands that no doorbell publishes, not executed'),
  late_starts: metric('count', 'neutral', 'publications that were due before the replay could begin them').optional(),
  unmaps_derived_from: label('what a paravirtual unmap request stands for').optional(),
  unmap_requests: metric('count', 'neutral', 'paravirtual unmap requests').optional(),
  unmap_requests_without_asid: metric('count', 'lower', 'of these, those of a domain that nothing names').optional(),
  unpublished_unmaps: metric('count', 'neutral', 'unmap events that no doorbell of their vCPU followed').optional(),
  ats_streams_discovered_late: metric(
    'count',
    'neutral',
    'streams whose ATC showed only after the survey of the trace',
  ).optional(),
});
