/**
 * The study file `smmuscope.study/1`: which replays a sweep makes. Every list is an axis; without `points` the sweep is
 * their cartesian product, with it only what the listed points say.
 *
 * The `error` of each type is what the reader of a malformed file is told was expected; `describe` is for the published
 * JSON Schema.
 */
import { z } from 'zod';
import { publishedSchema } from '../results/declaration/published-schema.js';

/** Version tag of the file. */
const STUDY_FORMAT = 'smmuscope.study/1';

/** Statistics of an operation's time that a Pareto front can be drawn over. */
const FRONT_LATENCIES = ['mean_ns', 'p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns', 'max_ns'] as const;

const LARGEST_VMS = 256;
const INTEGER = 'an integer';

function integer(min: number, error: string, max: number = Number.MAX_SAFE_INTEGER) {
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function axis<Value extends z.ZodType>(value: Value, what: string) {
  const error = `a list of ${what}, at least one`;
  return z.array(value, { error }).min(1, { error });
}

const text = (error: string) => z.string({ error }).min(1, { error });

const PARAMETER_VALUE = z.union([z.number(), z.string(), z.boolean()], {
  error: 'a value of the parameter, as --set takes it',
});

const RANGE_ERROR = 'a list of values, or a range {from, to, step} or {from, to, times}';

export const RANGE_SCHEMA = z
  .strictObject(
    {
      from: z.int({ error: INTEGER }).describe('first value'),
      to: z.int({ error: INTEGER }).describe('largest value that may occur'),
      step: integer(1, 'an integer from 1').optional().describe('added from value to value'),
      times: integer(2, 'an integer from 2').optional().describe('multiplies from value to value'),
    },
    { error: RANGE_ERROR },
  )
  .superRefine(({ from, to, step, times }, context) => {
    const expect = (message: string, path: string[]) => context.addIssue({ code: 'custom', message, path });
    if ((step === undefined) === (times === undefined)) expect('one of step and times', []);
    if (to < from) expect(`an integer from ${from}`, ['to']);
    if (times !== undefined && from < 1) expect('an integer from 1 beside times', ['from']);
  });

const SET_VALUES = z.union([z.array(PARAMETER_VALUE).min(1), RANGE_SCHEMA], { error: RANGE_ERROR });

const PACING = z.enum(['closed', 'recorded', 'asap'], { error: 'closed, recorded or asap' });
const DMA = z.enum(['ordered', 'timed'], { error: 'ordered or timed' });
const TRANSFORM = text('transforms such as guest-ats+time-scale=0.5, or none');
const SEED = integer(0, 'an integer from 0');
const VMS = integer(1, `an integer from 1 to ${LARGEST_VMS}`, LARGEST_VMS);

/** One listed point: what it says is fixed, what it leaves out is crossed as the study has it. */
export const POINT_SCHEMA = z.strictObject(
  {
    trace: text('a trace file').optional().describe('one of traces'),
    transform: TRANSFORM.optional().describe('as an entry of transforms'),
    profile: text('a profile').optional().describe('one of profiles, or another'),
    set: z
      .record(z.string(), PARAMETER_VALUE, { error: 'a mapping of parameters to values' })
      .optional()
      .describe('parameters at this point, each in its unit'),
    pacing: PACING.optional().describe('as --pacing'),
    dma: DMA.optional().describe('as --dma'),
    vms: VMS.optional().describe('as --vms'),
    seed: SEED.optional().describe('as --seed'),
    atc: text('an ATC targeting').optional().describe('as --atc, one targeting'),
    strategy: text('a strategy').optional().describe('one strategy'),
  },
  { error: 'a mapping such as {strategy: ioctl, profile: grace-cmdqv}' },
);

/** What is the same at every point. */
export const REPLAY_SCHEMA = z.strictObject(
  {
    warmup: integer(0, 'a number of events from 0').optional().describe('as --warmup'),
    limit: integer(1, 'a number of events from 1').optional().describe('as --limit'),
    'vm-shift': text('a time such as 10us').optional().describe('as --vm-shift'),
    background: integer(0, 'invalidations per second, from 0').optional().describe('as --background'),
    topology: text('a topology file').optional().describe('as --topology, from the folder of the study'),
    fault: z.array(text('a fault'), { error: 'a list of faults' }).optional().describe('as --fault'),
    msi: z.boolean({ error: 'true or false' }).optional().describe('false: as --no-msi'),
    safety: z.boolean({ error: 'true or false' }).optional().describe('false: as --no-safety'),
    format: text('a trace format').optional().describe('as --format'),
    'csv-map': z
      .array(text('OURS=THEIRS'), { error: 'a list of OURS=THEIRS' })
      .min(1, { error: 'a list of OURS=THEIRS' })
      .optional()
      .describe('as --csv-map'),
    'ftrace-events': text('ROLE=NAME,…').optional().describe('as --ftrace-events'),
    with: text('a trace file').optional().describe('as --with, from the folder of the study; needs a single trace'),
    lenient: z.boolean({ error: 'true or false' }).optional().describe('as --lenient'),
  },
  { error: 'a mapping of options that hold for every point' },
);

const OBJECTIVES_ERROR = 'a list of at least two metrics';

export const PARETO_SCHEMA = z.strictObject(
  {
    latency: z
      .enum(FRONT_LATENCIES, { error: `one of ${FRONT_LATENCIES.join(', ')}` })
      .optional()
      .describe('statistic of the time of an operation; left out: mean_ns'),
    objectives: z
      .array(text('a metric'), { error: OBJECTIVES_ERROR })
      .min(2, { error: OBJECTIVES_ERROR })
      .optional()
      .describe(
        'what a point is beaten in, instead of latency and host CPU time: paths of metrics or names of columns (compare --columns help), such as miss/tr, walk reads, translation, stall',
      ),
    over: axis(text('an axis'), 'axes')
      .optional()
      .describe(
        'axes whose values are a choice between which the front decides (set: all parameters); points that differ in another axis are not compared; left out: strategy, atc',
      ),
  },
  { error: 'a mapping with the keys latency and over' },
);

export const STUDY_SCHEMA = z.strictObject(
  {
    schema: z.literal(STUDY_FORMAT, { error: STUDY_FORMAT }).describe('version of this file'),
    traces: axis(text('a trace file'), 'trace files').describe('trace files, from the folder of the study'),
    transforms: axis(TRANSFORM, 'transforms such as guest-ats+time-scale=0.5, or none')
      .optional()
      .describe(
        'guest-side what-ifs: flags of replay without their dashes, joined by +; none: the trace as recorded, as when left out',
      ),
    profiles: axis(text('a profile'), 'profiles')
      .optional()
      .describe('built-in profiles, or files from the folder of the study; left out: the default profile'),
    set: z
      .record(z.string(), SET_VALUES, { error: 'a mapping of parameters to values' })
      .optional()
      .describe('parameters to vary, each an axis: a list of values or a range'),
    pacing: axis(PACING, 'closed, recorded, asap').optional().describe('as --pacing; left out: closed'),
    dma: axis(DMA, 'ordered, timed').optional().describe('as --dma; left out: ordered'),
    vms: axis(VMS, 'numbers of VMs').optional().describe('as --vms; left out: 1'),
    seeds: axis(SEED, 'seeds').optional().describe('as --seed; left out: 0'),
    atc: axis(text('an ATC targeting'), 'ATC targetings')
      .optional()
      .describe('as --atc; left out: what each strategy prefers'),
    strategies: axis(text('a strategy'), 'strategies').describe(
      'strategies NAME[:key=value]…, all for every one, or files from the folder of the study',
    ),
    replay: REPLAY_SCHEMA.optional().describe('what is the same at every point'),
    points: axis(POINT_SCHEMA, 'points')
      .optional()
      .describe('the only points to run; an axis that one leaves out is crossed as the study has it'),
    pareto: PARETO_SCHEMA.optional().describe('the front of the time of an operation against host CPU time'),
  },
  { error: 'a mapping with the keys schema, traces and strategies' },
);

/** Content of a valid file. */
export type StudyFile = z.output<typeof STUDY_SCHEMA>;

/**
 * The JSON Schema of the file, as text: docs/schemas/study.schema.json.
 * @internal for the scripts and tests of docs/schemas
 */
export function studyJsonSchema(): string {
  return publishedSchema(STUDY_SCHEMA, 'Study of smmuscope: the points of a sweep', 'input');
}
