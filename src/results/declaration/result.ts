/** Declaration of the whole result document `smmuscope.result/2`. */
import { z } from 'zod';
import { COURSE_METRICS, GUEST_METRICS, keysOf } from '../../metrics/registry.js';
import { AMPLIFICATION, ERRORS, HOST, REPLAY, THROUGHPUT } from './amplification.js';
import { ANSWER } from './answer.js';
import { TIMELINE } from './course.js';
import { CURVE } from './curve.js';
import { AGAINST } from './differences.js';
import { GATES } from './gates.js';
import {
  addedLater,
  countsBy,
  distribution,
  headline,
  headlineDistribution,
  label,
  metric,
  metricBy,
  number,
  quantity,
} from './metric.js';
import { JOIN, READING, RESULT_READER, TOOL, TOPOLOGY, transforms } from './recording.js';
import { STATISTICS } from './statistics.js';
import { RESULT_SCHEMA } from './tags.js';
import { ORACLE, SAFETY, TIMED_TRANSLATION, TLB } from './tlb.js';

/** Kinds of caveats (caveats.ts). */
const CAVEATS = [
  'several-prod-writes',
  'unfinished',
  'without-work',
  'swallowed-commands',
  'errors-in-trace',
  'passed-over',
  'recorded-vmids',
  'own-times',
] as const;

const LATENCY = z.object({
  operation: headlineDistribution(
    'time for which the path holds a vCPU from its first PROD write until it sees its CMD_SYNC done, without the guest’s own work between PROD writes',
  ),
  operation_span: distribution('the same by the clock, the guest’s own work between its PROD writes included'),
  submission: distribution('one PROD write that holds a CMD_SYNC until the guest sees it done'),
  command: distribution('published until in effect, per command other than CMD_SYNC'),
  translation: distribution('translations of devices'),
  breakdown_ns: metricBy('STAGE', 'ns', 'lower', 'mean per operation by stage; sums to the mean of the operations'),
  breakdown_total_ns: metricBy('STAGE', 'ns', 'lower', 'the same summed over all operations, exactly'),
  estimate_share: metric(
    'share',
    'neutral',
    'part of the operations’ time, waits left out, that rests on parameters tagged as estimates',
  ),
});

function migrationSide(which: string) {
  return z
    .object({
      strategy: label(`strategy ${which} the change`),
      atc: label('its ATC targeting'),
      submissions: metric('count', 'neutral', `publications ${which} the change, warm-up included`),
      published_commands: metric('count', 'neutral', `commands published ${which} the change`),
      completed_commands: metric('count', 'neutral', `commands completed ${which} the change`),
      latency: distribution(`operations that ended ${which} the change`),
    })
    .meta({ description: `the path ${which} the change` });
}

const MIGRATION = z.object({
  at_ns: metric('ns', 'neutral', 'trace time of the change'),
  from: label('strategy before'),
  to: label('strategy after'),
  requested_ns: metric('ns', 'neutral', 'when the first publication of the new path was due').nullable(),
  drain_ns: metric('ns', 'lower', 'from then until everything of the old path was done'),
  switch_ns: metric('ns', 'lower', 'from then until the new path was open'),
  paused_ns: metric('ns', 'lower', 'both together'),
  drained_submissions: metric(
    'count',
    'neutral',
    'submissions of the old path that had not ended when it was requested',
  ),
  held_submissions: metric('count', 'lower', 'submissions that waited for the new path'),
  held_ns: metric('ns', 'lower', 'their waits summed'),
  before: migrationSide('before'),
  after: migrationSide('after'),
  lost: metric('count', 'lower', 'commands that were never completed or executed'),
});

const CAVEAT_LIST = z
  .array(
    z.object({
      about: z.enum(CAVEATS).meta({ description: 'kind of caveat' }),
      text: z.string().meta({ description: 'the caveat with its numbers' }),
    }),
  )
  .meta({ description: 'what must be known beside the latencies; empty for most results' });

/** `results[]`. */
export const STRATEGY_RESULT_DECLARATION = z.object({
  trace: label('file name of the trace'),
  strategy: label('canonical name with the options that are not at their default'),
  atc: label('ATC targeting: vsid, broadcast, implicit or vsmmu'),
  latency: LATENCY.meta({ description: 'times of the guest’s operations, and where they went' }),
  operations_unfinished: metric('count', 'neutral', 'operations that no CMD_SYNC of the trace ends: not averaged'),
  caveats: CAVEAT_LIST,
  guest: z
    .object({
      stall_ns: distribution('trap and wait of a publication, with or without CMD_SYNC'),
      stall_total_ns: headline('ns', 'lower', 'the guest’s stall: these summed, which is the sum of all operations'),
      stall_unfinished_ns: metric('ns', 'lower', 'the part of it that is of unfinished operations'),
      irq_off_ns: distribution('interrupts off on a vCPU, per issue of a command list').nullable(),
    })
    .meta({ description: 'what the guest waits for' }),
  amplification: AMPLIFICATION,
  ...keysOf(GUEST_METRICS),
  tlb: TLB.nullable(),
  safety: SAFETY.nullable(),
  ...keysOf(COURSE_METRICS),
  oracle: ORACLE.optional(),
  errors: addedLater(ERRORS),
  migration: MIGRATION.optional().meta({ description: 'a change of paths, with --migrate-at only' }),
  host: HOST,
  throughput: THROUGHPUT,
  timed_translation: TIMED_TRANSLATION.optional(),
  replay: addedLater(REPLAY),
  by_seed: z
    .record(z.string(), z.array(z.number().nullable()))
    .optional()
    .meta({ description: 'several seeds: values of the metrics that differ between them, in the order of the seeds' }),
  timeline: TIMELINE.optional().meta({ description: 'the file of --perfetto' }),
});

const TRACE_PROVENANCE = z.object({
  file: label('file name'),
  sha256: label('SHA-256 of its bytes as they are, compressed or not'),
  compression: label('none, gz, xz or zst'),
  reader: RESULT_READER,
  join: JOIN.optional(),
  events: countsBy('events by kind'),
  topology: TOPOLOGY,
  transforms: addedLater(transforms('guest-side transforms, with what each did to this trace')),
});

const IMPORTED_CODE = z.union([
  z.object({ file: label('its path from the strategy’s folder'), sha256: label('SHA-256 of the file') }),
  z.object({
    package: label('its name'),
    version: label('its version'),
    sha256: label('SHA-256 of all its files'),
  }),
]);

const STRATEGY_FILE = z.object({
  strategy: label('name of the strategy'),
  file: label('file name'),
  sha256: label('SHA-256 of the file'),
  imports: z
    .array(IMPORTED_CODE)
    .optional()
    .meta({ description: 'files and packages that it imports, also through others; absent: none' }),
  not_covered: z
    .array(z.string())
    .optional()
    .meta({ description: 'what its code may depend on besides; absent: nothing' }),
});

const PROVENANCE = z.object({
  tool: TOOL,
  traces: z.array(TRACE_PROVENANCE).min(1).meta({ description: 'one entry per trace, in the order given' }),
  profile: z
    .object({
      name: label('profile of the hardware and software costs'),
      title: addedLater(label('what it is of')),
      parameters_sha256: addedLater(label('SHA-256 over keys and values of all parameters')),
      overrides: addedLater(
        z
          .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
          .meta({ description: 'parameters changed with --set, each in the unit that profiles show names' }),
      ),
      estimate_share: addedLater(quantity('share', 'part of the time that rests on parameters tagged as estimates')),
    })
    .meta({ description: 'the model’s parameters' }),
  transforms: addedLater(transforms('guest-side transforms in their order; empty: as recorded')),
  migrate_at_ns: quantity('ns', 'trace time of a change of paths').optional(),
  pacing: label('closed, recorded or asap'),
  dma: label('ordered or timed'),
  warmup_events: addedLater(quantity('count', 'events replayed first without being measured')),
  limit_events: addedLater(quantity('count', 'most events read of each trace; null: all').nullable()),
  seed: addedLater(number('seed of everything random')),
  msi: addedLater(z.boolean().meta({ description: 'message-signalled interrupts are translated' })),
  vms: quantity('count', 'copies of each trace that ran as VMs; left out: one').optional(),
  vm_shift_ns: quantity('ns', 'how far each VM is behind the one before').optional(),
  background_per_s: quantity('1/s', 'the host’s own invalidations; left out: none').optional(),
  ...READING,
  lenient: addedLater(READING.lenient),
  faults: z.array(z.string()).optional().meta({ description: 'faults injected with --fault' }),
  seeds: quantity('count', 'number of seeds, from `seed` on; results are those of the first').optional(),
  strategy_files: z
    .array(STRATEGY_FILE)
    .optional()
    .meta({ description: 'strategies that come from files of the user' }),
  seed_dependents: z
    .array(z.string())
    .optional()
    .meta({ description: 'what the seed decides in this model; empty: nothing, every seed gives these results' }),
});

const RESULTS = z.array(STRATEGY_RESULT_DECLARATION);

/**
 * The document. The published schema is closed: it has every key that this build writes, and mappings by name where a record
 * stands. A reader of documents passes over keys that it does not know, because later builds add some, never rename.
 */
export const RESULT_DECLARATION = z.object({
  schema: z.literal(RESULT_SCHEMA).meta({ description: 'version of this document' }),
  provenance: PROVENANCE.meta({ description: 'everything that decided the results' }),
  answer: ANSWER.optional(),
  results: RESULTS.min(1).meta({ description: 'one entry per trace, strategy and ATC targeting' }),
  miss_ratio_curves: z.array(CURVE).optional().meta({
    description:
      'misses of a fully associative LRU TLB of every size over the translations of the trace in its order, whatever the path',
  }),
  statistics: STATISTICS.optional().meta({ description: 'medians over several seeds or traces' }),
  gates: GATES.optional().meta({ description: 'verdicts of the gates' }),
  against: AGAINST.optional().meta({
    description: 'with --baseline FILE.json: how this differs from that earlier result',
  }),
});
