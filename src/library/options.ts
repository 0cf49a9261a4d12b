/**
 * The options of the library's functions, each declared once: its type, what may stand there, its default (session/defaults.ts)
 * and, as `error`, what a message says was expected. The command line makes them from its flags, whose names they share.
 */
import { z } from 'zod';
import { DMA_MODES } from '../replay/dma-feed.js';
import { PACINGS } from '../replay/pacing.js';
import { DEFAULTS, LIMITS } from '../session/defaults.js';

/** What an empty text means is for whoever reads it to say. */
const text = (what: string) => z.string({ error: what });
const flag = z.boolean({ error: 'true or false' });
const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `one of ${values.join(', ')}` });

function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const error = max === Number.MAX_SAFE_INTEGER ? `an integer from ${min}` : `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A list, or its entries in one text as the command line has them. */
function list(what: string) {
  const error = `${what}, in a list or separated by commas`;
  return z
    .union([text(error), z.array(text(error), { error }).min(1, { error }).readonly()], { error })
    .transform((given) => (typeof given === 'string' ? given.split(',').map((entry) => entry.trim()) : given));
}

/** A list of texts; none by default. */
function texts(what: string) {
  const error = `a list of ${what}`;
  return z.array(text(error), { error }).readonly().default([]);
}

const JOBS = integer(1, LIMITS.jobs);
const SIGNAL = z.instanceof(AbortSignal, { error: 'an AbortSignal' });

function observer<Observer extends (...args: never) => void>() {
  return z.custom<Observer>((given) => typeof given === 'function', { error: 'a function' });
}

/** How far a trace has been read: bytes of `totalBytes`, which pipes do not tell, and events. */
export type OnProgress = (bytesRead: number, totalBytes: number | undefined, events: number) => void;

const HOOKS = {
  /** Called as traces are read. */
  onProgress: observer<OnProgress>().optional(),
  /** Ends the work within a second with an error of the name `AbortError`. */
  signal: SIGNAL.optional(),
};

/** How a trace is read. */
const READING = {
  /** Format instead of what the content shows: qemu-log, qemu-simple, qemu-vtd-log, ftrace, csv, jsonl, arrow, raw. */
  format: text('the name of a format').optional(),
  /** Names of CSV columns, each `OURS=THEIRS`. */
  csvMap: z.array(text('OURS=THEIRS'), { error: 'a list of OURS=THEIRS' }).readonly().optional(),
  /** Skip and count malformed rows instead of failing. */
  lenient: flag.default(DEFAULTS.lenient),
  /** Names of probes in an ftrace recording: `ROLE=EVENT,…`. */
  ftraceEvents: text('ROLE=EVENT,…').optional(),
  /** Path of another recording of the same run, to be joined. */
  with: text('the path of a recording').optional(),
};

const TRANSFORMS = z.strictObject(
  {
    /** Insert the ATC_INVs of a guest whose devices have ATS. */
    guestAts: flag.optional(),
    /** Range invalidations: encode (on), or expand (off). */
    guestRil: oneOf(['on', 'off']).optional(),
    /** Strict unmaps become flush-queue flushes. */
    guestLazy: flag.optional(),
    /** Linux version, such as 6.12, whose limits hold. */
    guestKernel: text('a Linux version such as 6.12').optional(),
    /** All times times this. */
    timeScale: z.union([z.number(), z.string()], { error: 'a number above 0' }).optional(),
    /** The trace so many times in a row. */
    repeat: integer(1).optional(),
  },
  { error: 'an object of guest-side transforms' },
);

/** What is read, and what is made of it first. */
const TRACE = {
  ...READING,
  /** Events to read at most. */
  limit: integer(1).optional(),
  /** Guest-side what-ifs. */
  transforms: TRANSFORMS.default({}),
};

const SET_VALUE = z.union([z.number(), z.string(), z.boolean()], { error: 'a value of the parameter' });
const SET = 'an object of parameters, or a list of KEY=VALUE';

/** What a replay runs on and how. */
const MODEL = {
  /** Built-in profile, or the path of a YAML file. */
  profile: text('a profile').default(DEFAULTS.profile),
  /** Parameters of the profile to change: an object, or a list of `KEY=VALUE`. */
  set: z
    .union([z.record(z.string(), SET_VALUE, { error: SET }), z.array(text(SET), { error: SET }).readonly()], {
      error: SET,
    })
    .default([])
    .transform((given) =>
      Array.isArray(given) ? given : Object.entries(given).map(([key, value]) => `${key}=${value}`),
    ),
  /** ATC targetings to cross the strategies with: vsid, broadcast, implicit, vsmmu [default: what each strategy prefers]. */
  atc: list('ATC targetings').default([]),
  /** Path of a topology file [default: inferred from the trace]. */
  topology: text('the path of a topology file').optional(),
  /** Copies of each trace, as VMs of one host. */
  vms: integer(1, LIMITS.vms).default(DEFAULTS.vms),
  /** How far each VM is behind the one before, such as 500ns or 10us. */
  vmShift: text('a time such as 10us').default(DEFAULTS.vmShift),
  /** The host's own invalidations per second. */
  background: integer(0, LIMITS.backgroundPerS).default(DEFAULTS.background),
  /** When a vCPU publishes. */
  pacing: oneOf(PACINGS).default(DEFAULTS.pacing),
  /** Translations in the order of the trace, or at their recorded times. */
  dma: oneOf(DMA_MODES).default(DEFAULTS.dma),
  /** Events to replay first without measuring them. */
  warmup: integer(0).default(DEFAULTS.warmup),
  /** Faults to inject, each as `--fault` takes it. */
  faults: texts('faults'),
  /** Seed of everything random. */
  seed: integer(0).default(DEFAULTS.seed),
  /** Translate message-signalled interrupts like other DMA. */
  msi: flag.default(DEFAULTS.msi),
  /** Watch for stale translations. */
  safety: flag.default(DEFAULTS.safety),
  /** Also draw the miss-ratio curve of each trace. */
  mrc: flag.default(false),
};

const OBJECT = { error: 'an object' };

export const REPLAY_OPTIONS = z.strictObject(
  {
    /** `NAME[:key=value]…`, or the path of a file with one of your own, whose code then runs. */
    strategy: text('a strategy'),
    /** Trace time, such as 5ms, of a change of paths to the strategy `to`. */
    migrateAt: text('a time such as 5ms').optional(),
    /** The strategy that takes over at `migrateAt`. */
    to: text('a strategy').optional(),
    ...TRACE,
    ...MODEL,
    ...HOOKS,
  },
  { error: 'an object with at least the option strategy' },
);

export const COMPARE_OPTIONS = z.strictObject(
  {
    /** Strategies in a list or separated by commas, or `all`. */
    strategies: list('strategies').default(DEFAULTS.strategies.split(',')),
    /** The row that the others are a multiple of, and the path of an earlier result, FILE.json, that this one and gates are held against. */
    baseline: list('a strategy, FILE.json, or one of each').default([]),
    /** Limits such as `latency.operation.p99_ns <= 1.05x baseline`, and files of them. */
    gates: texts('limits'),
    /** Seeds to replay every trace with, from `seed` on. */
    seeds: integer(1, LIMITS.seeds).default(DEFAULTS.seeds),
    /** What medians are over; `recordings`: seeds, and an earlier result may be of another recording. */
    across: oneOf(['seeds', 'traces', 'recordings']).default(DEFAULTS.across),
    /** What an inconclusive judgement counts as [default: a failure where more samples would decide]. */
    inconclusive: oneOf(['fail', 'warn']).optional(),
    /** Threads [default: two, or one on a single CPU]. They change nothing of the result. */
    jobs: JOBS.optional(),
    ...TRACE,
    ...MODEL,
    ...HOOKS,
  },
  OBJECT,
);

export const OPEN_OPTIONS = z.strictObject(READING, OBJECT);

export const INSPECT_OPTIONS = z.strictObject({ ...TRACE, ...HOOKS }, OBJECT);

export const CONVERT_OPTIONS = z.strictObject(
  {
    /** Output format: csv, jsonl, arrow, arrow-stream, raw [default: by the suffix of the output]. */
    to: text('the name of a format').optional(),
    /** none, gz or zst [default: by the suffix of the output]. */
    compress: text('none, gz or zst').optional(),
    ...TRACE,
    ...HOOKS,
  },
  OBJECT,
);

export const SWEEP_OPTIONS = z.strictObject(
  {
    /** Threads [default: one per CPU]. They change nothing of the result. */
    jobs: JOBS.optional(),
    /** Run part `I/N` only. */
    shard: text('I/N').optional(),
    /** Folder that keeps finished points and gives those that are there. */
    results: text('the path of a folder').optional(),
    /** Refuse a study with more points. */
    maxPoints: integer(1).default(DEFAULTS.maxPoints),
    /** Run strategies from files that the study names. */
    allowCode: flag.default(false),
    /** Called as points end. */
    onProgress: observer<(ended: number, points: number) => void>().optional(),
    signal: SIGNAL.optional(),
  },
  OBJECT,
);

export const DIFF_OPTIONS = z.strictObject(
  {
    /** `recordings`: of different recordings, per operation and per unmap. */
    across: oneOf(['recordings']).optional(),
  },
  OBJECT,
);

/** Options of `replay`. */
export type ReplayOptions = z.input<typeof REPLAY_OPTIONS>;
/** Options of `compare`. */
export type CompareOptions = z.input<typeof COMPARE_OPTIONS>;
/** Options of `openTrace`. */
export type OpenOptions = z.input<typeof OPEN_OPTIONS>;
/** Options of `inspect`. */
export type InspectOptions = z.input<typeof INSPECT_OPTIONS>;
/** Options of `convert`. */
export type ConvertOptions = z.input<typeof CONVERT_OPTIONS>;
/** Options of `sweep`. */
export type SweepOptions = z.input<typeof SWEEP_OPTIONS>;
/** Options of `diff`. */
export type DiffOptions = z.input<typeof DIFF_OPTIONS>;
/** The same, checked. */
export type CheckedComparison = z.output<typeof COMPARE_OPTIONS>;
/** The part of a replay's and a comparison's options that is about the model, checked. */
export type CheckedModel = Omit<z.output<typeof REPLAY_OPTIONS>, 'strategy'>;
/** How a trace is read, checked. */
export type CheckedReading = z.output<typeof OPEN_OPTIONS>;
/** The transforms as they are given. */
export type CheckedTransforms = z.output<typeof TRANSFORMS>;
