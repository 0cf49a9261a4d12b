/** Declaration of `results[].amplification`, `errors`, `host`, `throughput` and `replay`. */
import { z } from 'zod';
import { addedLater, distribution, headline, label, metric, metricBy, number, quantity } from './metric.js';

export const AMPLIFICATION = z
  .object({
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
  })
  .meta({
    description: 'commands in and out: host_commands = guest_commands − Σ not_forwarded_by_opcode + Σ extra_by_cause',
  });

/** One error, injected or of the trace: what became of it. Keys beside the first two say more where it happened. */
const INCIDENT = z.object({
  status: z.enum(['injected', 'in-trace', 'not-reached', 'not-applicable']).meta({ description: 'what became of it' }),
  reason: label('why the path cannot have it').optional(),
  occurrences: quantity('count', 'how often it happened').optional(),
  first_command: number('number of the first guest command that had it, from 1; null: none had').nullable().optional(),
  found_by: label('who finds it').optional(),
  guest_learns: label('how the guest learns it; never: it does not').optional(),
  cerror: label('code in the error field of the queue').optional(),
  errors_raised: quantity('count', 'errors that a queue raised').optional(),
  cons_index: number('index on which CONS stood; null: no queue stopped').nullable().optional(),
  executed_before: quantity('count', 'commands executed before the error').optional(),
  lost_silently: quantity('count', 'commands lost without the guest’s knowledge').optional(),
  failed_known: quantity('count', 'commands that the guest knows to have failed').optional(),
  poll_timeouts: quantity('count', 'polls of the guest that ran into their timeout').optional(),
  stop_latency_ns: quantity('ns', 'publication until the queue stopped; null: it did not').nullable().optional(),
  learn_latency_ns: quantity('ns', 'publication until the guest knew; null: it never did').nullable().optional(),
  queue_stopped_ns: quantity('ns', 'time for which a queue stood').optional(),
});

export const ERRORS = z
  .object({
    refused_by_opcode: metricBy('OPCODE', 'count', 'lower', 'guest commands that the path refuses'),
    swallowed_by_opcode: addedLater(
      metricBy('OPCODE', 'count', 'lower', 'guest commands that the path drops while the guest takes them for done'),
    ),
    atc_timeouts: addedLater(metric('count', 'lower', 'ATC invalidations that a device did not answer in time')),
    unknown_vsid: addedLater(
      metric(
        'count',
        'lower',
        'commands that name a stream which the virtual SMMU does not know, where that is looked up',
      ),
    ),
    findings: metricBy('FINDING', 'count', 'lower', 'what the review of the path objected to').optional(),
    stopped_queue: z
      .object({
        waits: metric('count', 'lower', 'times that a vCPU found the trapped queue stopped by an error of another'),
        wait_ns: metric('ns', 'lower', 'these waits summed'),
      })
      .optional()
      .meta({ description: 'other vCPUs that came to the trapped queue while it stood' }),
    incidents: z
      .record(z.string(), INCIDENT)
      .optional()
      .meta({ description: 'what each injected fault, and each kind of error in the trace, led to' }),
  })
  .meta({ description: 'commands that are refused, dropped or fail' });

const QUEUE = z.object({
  smmu: number('physical SMMU, from 0; left out: there is one').optional(),
  capacity: quantity('slots', 'slots'),
  produced: quantity('count', 'commands written into it'),
  consumed: quantity('count', 'commands fetched from it'),
  pending: quantity('count', 'commands in it at the end'),
  deepest: quantity('count', 'most commands in it at once'),
  grown: quantity('count', 'times that it was made larger'),
  command_lists: quantity('count', 'command lists written into it'),
  prod_writes: quantity('count', 'writes of its PROD register'),
});

const WORKER = z.object({
  drains: quantity('count', 'runs over a guest queue'),
  absorbed: quantity('count', 'doorbells that came while it ran'),
  found_polling: quantity('count', 'doorbells that found it polling').optional(),
  polled_ns: quantity('ns', 'time spent polling').optional(),
});

export const HOST = z
  .object({
    cpu_ns: metricBy('THREAD', 'ns', 'lower', 'host CPU time, by kind of thread'),
    cpu_ns_per_operation: addedLater(
      metric(
        'ns',
        'lower',
        'host CPU time of the threads that serve the guest, per operation; null: there are no operations',
      ).nullable(),
    ),
    irq_off_ns: distribution('interrupts off on a host CPU, per issue of a command list').nullable(),
    vmm_lock: addedLater(
      z
        .object({
          acquisitions: metric('count', 'neutral', 'times that the VMM’s big lock was taken'),
          contended: metric('count', 'lower', 'of these, those that had to wait'),
          held_ns: metric('ns', 'lower', 'time that the lock was held in all'),
          longest_hold_ns: metric('ns', 'lower', 'longest time that it was held at once'),
        })
        .meta({ description: 'the VMM’s big lock' }),
    ),
    command_engine: addedLater(
      z
        .object({ busy_ns: metric('ns', 'lower', 'time that the command engine of the SMMU was busy') })
        .meta({ description: 'the command engine of the SMMU' }),
    ),
    queues: addedLater(z.array(QUEUE).meta({ description: 'host command queues' })),
    background: z
      .object({ latency: distribution('the host’s own invalidations in the shared queue') })
      .optional()
      .meta({ description: 'the host’s own invalidations, where it makes any' }),
    workers: addedLater(z.array(WORKER).meta({ description: 'host workers that read guest queues' })),
  })
  .meta({ description: 'what the host spends' });

export const THROUGHPUT = z
  .object({
    duration_ns: metric(
      'ns',
      'neutral',
      'first event of the trace (behind a warm-up: first publication) to last completion, on simulated time',
    ),
    submissions_per_s: metric('1/s', 'higher', 'publications per simulated second'),
    commands_per_s: metric('1/s', 'higher', 'guest commands per simulated second'),
  })
  .meta({ description: 'work per simulated time' });

export const REPLAY = z
  .object({
    vms: metric('count', 'neutral', 'copies of the trace that ran as VMs').optional(),
    smmus: metric('count', 'neutral', 'physical SMMUs').optional(),
    vcpus: metric('count', 'neutral', 'vCPUs that published commands'),
    vmids: addedLater(z.enum(['replaced', 'as-recorded'])).meta({
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
    late_starts: addedLater(
      metric('count', 'neutral', 'publications that were due before the replay could begin them'),
    ),
    unmaps_derived_from: label('what a paravirtual unmap request stands for').optional(),
    unmap_requests: metric('count', 'neutral', 'paravirtual unmap requests').optional(),
    unmap_requests_without_asid: metric('count', 'lower', 'of these, those of a domain that nothing names').optional(),
    unpublished_unmaps: metric('count', 'neutral', 'unmap events that no doorbell of their vCPU followed').optional(),
    ats_streams_discovered_late: addedLater(
      metric('count', 'neutral', 'streams whose ATC showed only after the survey of the trace'),
    ),
  })
  .meta({ description: 'how the replay went' });
