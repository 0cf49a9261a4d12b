/** Flags that several commands share, each declared once. */
import { Args, Flags } from '@oclif/core';
import { DEFAULTS, LIMITS } from '../session/defaults.js';
import { rare } from './help-groups.js';

const TRACE_GROUP = 'TRACE';
const MODEL_GROUP = 'MODEL';
const OUTPUT_GROUP = 'OUTPUT';

/** The trace argument; `-` is ours, so oclif must not take piped text for a file name. */
export const traceArgument = Args.string({
  description: 'recorded trace, plain or compressed (gz, xz, zst); - reads standard input',
  required: true,
  ignoreStdin: true,
});

/** How a trace is read. */
export const traceFlags = {
  format: Flags.string({
    helpGroup: TRACE_GROUP,
    helpValue: 'NAME',
    description:
      'read the trace as this format (qemu-log, qemu-simple, qemu-vtd-log, ftrace, csv, jsonl, arrow, raw) instead of recognising it by its content',
  }),
  'csv-map': Flags.string({
    helpGroup: rare(TRACE_GROUP),
    helpValue: 'OURS=THEIRS',
    description:
      'read a CSV whose columns have other names, such as time_ns=ts,iova=addr (x_any=note ignores the column note); may be repeated',
    multiple: true,
    multipleNonGreedy: true,
  }),
  lenient: Flags.boolean({
    helpGroup: rare(TRACE_GROUP),
    description: 'skip and count malformed rows instead of failing with exit code 4',
  }),
  'ftrace-events': Flags.string({
    helpGroup: rare(TRACE_GROUP),
    helpValue: 'ROLE=EVENT,…',
    description:
      'names of your probes in an ftrace recording: cmdq and cmdq-ret (entry and return of arm_smmu_cmdq_issue_cmdlist), qi and qi-ret (of qi_submit_sync), map, unmap [default: cmdq=smmu_cmdq,cmdq-ret=smmu_cmdq_ret,map=map,unmap=unmap]',
  }),
  with: Flags.string({
    helpGroup: TRACE_GROUP,
    helpValue: 'FILE',
    description:
      'join this other recording of the same run: the guest’s ftrace for commands and latencies, a QEMU log for translations, aligned by their commands',
  }),
  limit: Flags.integer({
    helpGroup: TRACE_GROUP,
    helpValue: 'EVENTS',
    description: 'stop after this many events of each trace, warm-up included',
    min: 1,
  }),
};

/** What a conversion makes. */
export const convertFlags = {
  to: Flags.string({
    helpGroup: OUTPUT_GROUP,
    helpValue: 'NAME',
    description: 'output format (csv, jsonl, arrow, arrow-stream, raw) [default: by the suffix of the output]',
  }),
  compress: Flags.string({
    helpGroup: OUTPUT_GROUP,
    helpValue: 'NAME',
    description: 'compression of the output: none, gz or zst [default: by its suffix]',
  }),
  estimate: Flags.boolean({
    helpGroup: rare(OUTPUT_GROUP),
    description: 'write nothing; convert the beginning and say how large the whole would be',
  }),
};

/** What the replay runs on and how. */
export const modelFlags = {
  profile: Flags.string({
    helpGroup: MODEL_GROUP,
    helpValue: 'NAME|FILE.yaml',
    description:
      'hardware and software costs: a built-in profile (list: smmuscope profiles) or a file of the same shape',
    default: DEFAULTS.profile,
  }),
  set: Flags.string({
    helpGroup: MODEL_GROUP,
    helpValue: 'KEY=VALUE',
    description: 'change one parameter of the profile (keys and units: smmuscope profiles show); may be repeated',
    multiple: true,
    multipleNonGreedy: true,
  }),
  atc: Flags.string({
    helpGroup: MODEL_GROUP,
    helpValue: 'LIST',
    description:
      'who receives an ATC invalidation: vsid (the device it names), broadcast (every ATS device of the domain), implicit (derived by the host from each TLBI, the guest’s own ignored), vsmmu (every device of the vSMMU that may have an ATC), or several separated by commas to compare them [default: what each strategy prefers]',
  }),
  topology: Flags.string({
    helpGroup: MODEL_GROUP,
    helpValue: 'FILE',
    description:
      'devices, their ATCs and domains over time from this YAML or JSON file instead of from the trace (inspect --topology prints one to edit)',
  }),
  vms: Flags.integer({
    helpGroup: MODEL_GROUP,
    helpValue: 'NUMBER',
    description: 'replay this many copies of the trace at once, as VMs that share the SMMU and its main queue',
    default: DEFAULTS.vms,
    min: 1,
    max: LIMITS.vms,
  }),
  'vm-shift': Flags.string({
    helpGroup: rare(MODEL_GROUP),
    helpValue: 'TIME',
    description: 'how far each of several VMs is behind the one before, such as 500ns, 10us or 1ms',
    default: DEFAULTS.vmShift,
  }),
  background: Flags.integer({
    helpGroup: rare(MODEL_GROUP),
    helpValue: 'RATE',
    description:
      'invalidations per second that the host makes for itself in the same physical queue, at random times [default: 0]',
    default: DEFAULTS.background,
    min: 0,
    max: LIMITS.backgroundPerS,
  }),
  pacing: Flags.option({
    options: ['closed', 'recorded', 'asap'] as const,
  })({
    helpGroup: MODEL_GROUP,
    description:
      'when a vCPU publishes: closed keeps its recorded think time after each completed SYNC, recorded keeps the recorded times, asap waits for nothing but the SYNC',
    default: DEFAULTS.pacing,
  }),
  dma: Flags.option({
    options: ['ordered', 'timed'] as const,
  })({
    helpGroup: rare(MODEL_GROUP),
    description:
      'when a translation meets the commands around it: ordered keeps its place in the trace, so that cache outcomes do not depend on timing; timed lets it arrive at its recorded time, contend for slots and race with invalidations (best with --pacing recorded)',
    default: DEFAULTS.dma,
  }),
  warmup: Flags.integer({
    helpGroup: MODEL_GROUP,
    helpValue: 'EVENTS',
    description: 'replay this many events first without measuring them [default: 0]',
    default: DEFAULTS.warmup,
    min: 0,
  }),
  fault: Flags.string({
    helpGroup: rare(MODEL_GROUP),
    helpValue: 'SPEC',
    description:
      'inject an error and report when the guest learns it and what is lost: illegal@N, unknown-vsid[:CFGI_CD]@N (inserted as guest command N), silent-device=SID, dead-worker@N; may be repeated',
    multiple: true,
    multipleNonGreedy: true,
  }),
  seed: Flags.integer({
    helpGroup: rare(MODEL_GROUP),
    helpValue: 'NUMBER',
    description: 'seed of everything random in the model; the same seed gives the same bytes [default: 0]',
    default: DEFAULTS.seed,
    min: 0,
  }),
  msi: Flags.boolean({
    helpGroup: rare(MODEL_GROUP),
    description: 'translate message-signalled interrupts like other DMA (the default); --no-msi leaves them out',
    default: DEFAULTS.msi,
    allowNo: true,
  }),
  safety: Flags.boolean({
    helpGroup: rare(MODEL_GROUP),
    description: 'watch for stale translations used after the guest saw its SYNC complete (the default)',
    default: DEFAULTS.safety,
    allowNo: true,
  }),
};

/** The topology of a trace instead of its counts. */
export const topologyFlag = Flags.boolean({
  helpGroup: OUTPUT_GROUP,
  description: 'print the topology that the trace shows instead, as a file for the --topology of replay and compare',
});

/** TLB sizes of a curve. */
export const sizesFlag = Flags.string({
  helpGroup: MODEL_GROUP,
  helpValue: 'LIST',
  description:
    'TLB sizes to show, in entries, separated by commas [default: powers of two, and every size at which the curve drops if there are few]',
});

/** The curve beside a replay. */
export const mrcFlag = Flags.boolean({
  helpGroup: rare(OUTPUT_GROUP),
  description:
    'also draw the miss-ratio curve of each trace, as the command mrc does (--reporter html has it without being asked, but for --vms)',
});

/** Threads of a sweep. */
export const jobsFlag = Flags.integer({
  helpGroup: rare(),
  char: 'j',
  helpValue: 'NUMBER',
  description: 'replay on this many threads; it changes no byte of the report [default: one per CPU]',
  min: 1,
  max: LIMITS.jobs,
});

/** Code that a file names may run. */
export const allowCodeFlag = Flags.boolean({
  helpGroup: rare(),
  description: 'run strategies from files that the file given here names; they run with your rights, like any program',
  default: false,
});

/** Threads of a comparison. */
export const comparisonJobsFlag = Flags.integer({
  helpGroup: rare(),
  char: 'j',
  helpValue: 'NUMBER',
  description: `divide the strategies among this many threads, each of which takes 40 to 60 MB; it changes no byte of the report [default: ${DEFAULTS.threads}, or 1 on a single CPU]`,
  min: 1,
  max: LIMITS.jobs,
});

/** Reporters that have a form for any document. */
const PLAIN = ['table', 'json', 'csv', 'markdown'];
/** Those that dashboards and pull requests read, which have a place for results only. */
const TRACKERS = ['github-annotations', 'github-action-benchmark', 'bencher', 'folded'];

/** Where a report goes and what it looks like: one of `names`, those that have a form for what the command makes. */
function reportFlagsOf(names: readonly string[]) {
  return {
    output: Flags.string({
      char: 'o',
      helpGroup: OUTPUT_GROUP,
      helpValue: 'FILE',
      description: 'write the report to this file, which appears complete or not at all; - is standard output',
    }),
    reporter: Flags.string({
      helpGroup: OUTPUT_GROUP,
      helpValue: 'NAME',
      description: `form of the report: ${names.slice(0, -1).join(', ')} or ${names.at(-1)} [default: table]`,
    }),
    json: Flags.boolean({ helpGroup: OUTPUT_GROUP, description: 'the same as --reporter json' }),
  };
}

/** Of listings and checks. */
export const listingFlags = reportFlagsOf(PLAIN);
/** Of what has a page, too. */
export const pageFlags = reportFlagsOf([...PLAIN, 'html']);
/** Of results without gates. */
export const resultFlags = reportFlagsOf([...PLAIN, ...TRACKERS, 'html']);
/** Of results with gates. */
export const gatedFlags = reportFlagsOf([...PLAIN, 'junit', ...TRACKERS, 'html']);

/** What the tables of results and studies show. */
export const columnFlags = {
  columns: Flags.string({
    helpGroup: OUTPUT_GROUP,
    helpValue: 'LIST|help',
    description:
      'show these columns, separated by commas: names such as mean,p99,saved or paths of metrics such as tlb.walk_reads; help lists them [default: those that tell the rows apart]',
  }),
  sort: Flags.string({
    helpGroup: OUTPUT_GROUP,
    helpValue: 'NAME|-NAME',
    description:
      'order the rows by this column, the smallest first; -NAME or NAME:desc: the largest first [default: as replayed]',
  }),
};

/** What is shown while a trace is read. */
export const progressFlags = {
  quiet: Flags.boolean({ helpGroup: rare(OUTPUT_GROUP), description: 'show nothing but the report and errors' }),
  progress: Flags.boolean({
    helpGroup: rare(OUTPUT_GROUP),
    description: 'show progress on stderr (the default, but only ever on a terminal)',
    default: true,
    allowNo: true,
  }),
};
