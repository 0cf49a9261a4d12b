/** Declaration of the whole result document `smmuscope.result/2`. */
import { z } from 'zod';
import { CAVEATS, RESULT_SCHEMA } from '../document.js';
import { AMPLIFICATION, ERRORS, HOST, REPLAY, THROUGHPUT } from './amplification.js';
import { MAIN_TLB_OVER_TIME, SLOW_OPERATION, TIMELINE } from './course.js';
import { CURVE } from './curve.js';
import { GATES } from './gates.js';
import { distribution, headline, headlineDistribution, label, metric, metricBy } from './metric.js';
import { JOIN, READER, TOPOLOGY, TRANSFORMS } from './recording.js';
import { STATISTICS } from './statistics.js';
import { ORACLE, SAFETY, TIMED_TRANSLATION, TLB } from './tlb.js';

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
  return z.object({
    strategy: label(`strategy ${which} the change`),
    atc: label('its ATC targeting'),
    submissions: metric('count', 'neutral', `publications ${which} the change, warm-up included`),
    published_commands: metric('count', 'neutral', `commands published ${which} the change`),
    completed_commands: metric('count', 'neutral', `commands completed ${which} the change`),
    latency: distribution(`operations that ended ${which} the change`),
  });
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

const PER_UNMAP = z
  .object({
    unmaps: metric('count', 'neutral', 'unmaps of the guest'),
    counted_from: z.enum(['unmap-events', 'tlbis']).meta({
      description: 'unmap events of the trace, or operations that invalidate a TLB: a lazy flush is then one',
    }),
    ns: headline('ns', 'lower', 'stall of the guest per unmap, everything that the path did included'),
    host_commands: metric('ratio', 'lower', 'host commands per unmap'),
    exits: metric('ratio', 'lower', 'traps per unmap'),
  })
  .meta({ description: 'what one unmap costs, however many of them a flush retires; null: the guest unmaps nothing' });

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
  latency: LATENCY,
  operations_unfinished: metric('count', 'neutral', 'operations that no CMD_SYNC of the trace ends: not averaged'),
  caveats: CAVEAT_LIST,
  guest: z.object({
    stall_ns: distribution('trap and wait of a publication, with or without CMD_SYNC'),
    stall_total_ns: headline('ns', 'lower', 'the guest’s stall: these summed, which is the sum of all operations'),
    stall_unfinished_ns: metric('ns', 'lower', 'the part of it that is of unfinished operations'),
    irq_off_ns: distribution('interrupts off on a vCPU, per issue of a command list').nullable(),
  }),
  amplification: AMPLIFICATION,
  per_unmap: PER_UNMAP.nullable(),
  unmaps_per_s: metric('1/s', 'higher', 'unmaps per simulated second'),
  tlb: TLB.nullable(),
  safety: SAFETY.nullable(),
  main_tlb_over_time: MAIN_TLB_OVER_TIME.optional().meta({
    description: 'the main TLB per bin of trace time; with ordered DMA only',
  }),
  slowest_operations: z
    .array(SLOW_OPERATION)
    .optional()
    .meta({ description: 'the 16 slowest, slowest first; of equally slow ones the earlier first' }),
  oracle: ORACLE.optional(),
  errors: ERRORS.optional(),
  migration: MIGRATION.optional(),
  host: HOST,
  throughput: THROUGHPUT,
  timed_translation: TIMED_TRANSLATION.optional(),
  replay: REPLAY.optional(),
  by_seed: z
    .record(z.string(), z.array(z.number().nullable()))
    .optional()
    .meta({ description: 'several seeds: values of the metrics that differ between them, in the order of the seeds' }),
  timeline: TIMELINE.optional(),
});

const TRACE_PROVENANCE = z.object({
  file: label('file name'),
  sha256: label('SHA-256 of its bytes as they are, compressed or not'),
  compression: label('none, gz, xz or zst'),
  // Earlier versions of the tool counted less.
  reader: READER.partial()
    .extend({ format: label('format of the trace') })
    .meta({ description: 'what the reader saw' }),
  join: JOIN.optional().meta({ description: 'how two joined recordings agree' }),
  events: z.record(z.string(), z.int()).meta({ description: 'events by kind' }),
  topology: TOPOLOGY.meta({ description: 'streams, and where they are known from' }),
  transforms: TRANSFORMS.optional().meta({ description: 'guest-side transforms, with what each did to this trace' }),
});

const IMPORTED_CODE = z.union([
  z.looseObject({ file: label('its path from the strategy’s folder'), sha256: z.string() }),
  z.looseObject({ package: label('its name'), version: z.string(), sha256: label('SHA-256 of all its files') }),
]);

const STRATEGY_FILE = z.looseObject({
  strategy: z.string(),
  file: z.string(),
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

const PROVENANCE = z.looseObject({
  tool: z.object({
    name: label('name of the tool'),
    version: label('its version'),
    build: label('SHA-256 of the built tool; not in documents of earlier versions').optional(),
  }),
  traces: z.array(TRACE_PROVENANCE).min(1),
  profile: z.looseObject({
    name: label('profile of the hardware and software costs'),
    estimate_share: z
      .number()
      .optional()
      .meta({ description: 'part of the time that rests on parameters tagged as estimates' }),
  }),
  transforms: TRANSFORMS.optional().meta({ description: 'guest-side transforms in their order; empty: as recorded' }),
  strategy_files: z
    .array(STRATEGY_FILE)
    .optional()
    .meta({ description: 'strategies that come from files of the user' }),
  pacing: label('closed, recorded or asap'),
  dma: label('ordered or timed'),
  seeds: z.int().optional().meta({ description: 'number of seeds, from `seed` on; results are those of the first' }),
  seed_dependents: z
    .array(z.string())
    .optional()
    .meta({ description: 'what the seed decides in this model; empty: nothing, every seed gives these results' }),
});

const RESULTS = z.array(STRATEGY_RESULT_DECLARATION);

/** The document. Objects are open: keys are added in later versions, never renamed. */
export const RESULT_DECLARATION = z.object({
  schema: z.literal(RESULT_SCHEMA).meta({ description: 'version of this document' }),
  provenance: PROVENANCE.meta({ description: 'everything that decided the results' }),
  results: RESULTS.min(1).meta({ description: 'one entry per trace, strategy and ATC targeting' }),
  miss_ratio_curves: z.array(CURVE).optional().meta({
    description:
      'misses of a fully associative LRU TLB of every size over the translations of the trace in its order, whatever the path',
  }),
  statistics: STATISTICS.optional().meta({ description: 'medians over several seeds or traces' }),
  gates: GATES.optional().meta({ description: 'verdicts of the gates' }),
});
