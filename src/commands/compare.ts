/** `smmuscope compare`: several strategies on the same traces, side by side. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  columnFlags,
  comparisonJobsFlag,
  gatedFlags,
  modelFlags,
  mrcFlag,
  progressFlags,
  traceFlags,
} from '../cli/flags.js';
import { rare } from '../cli/help-groups.js';
import { transformFlags } from '../cli/transform-flags.js';
import type { ResultDocument } from '../results/document.js';
import { DEFAULTS, LIMITS } from '../session/defaults.js';

export default class Compare extends BaseCommand {
  static override summary = 'What each path costs this guest per operation, and what the best would save.';
  static override description =
    'One row per strategy and ATC targeting: how long the path holds a vCPU in an operation (everything that it publishes up to the CMD_SYNC that it waits for, in one PROD write or several), as a multiple of one row, the baseline; the stall that it saves, how much of it rests on estimates, commands, exits, misses and stale translations (--columns help lists all). What is the same in all rows is one line. Each trace is read once.';
  static override examples = [
    {
      description: 'Today’s path, and the ways out of it:',
      command: '<%= config.bin %> compare traces/rebind-strict.qemu-7.2.log.xz',
    },
    {
      description: 'Two strategies against bare metal, with both ways of targeting ATC invalidations, as CSV:',
      command:
        '<%= config.bin %> compare traces/rebind-strict.qemu-7.2.log.xz --strategies ioctl,hw-vcmdq,native --baseline native --atc broadcast,vsid --reporter csv',
    },
  ];
  static override args = {
    traces: Args.string({
      description: 'recorded traces, plain or compressed (gz, xz, zst); - reads standard input',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    strategies: Flags.string({
      description:
        'strategies separated by commas, each NAME[:key=value]…; all stands for every built-in one (list: smmuscope strategies)',
      helpValue: 'LIST',
      default: DEFAULTS.strategies,
    }),
    baseline: Flags.string({
      description:
        'the row that all others are a multiple of, whatever their ATC targeting: one of the compared strategies, with :atc=NAME for one targeting of it, else its default one [default: ioctl, else the first that is not v1-patch]; or FILE.json, an earlier result: the report says how this one differs, and relative gates refer to it, if it is of the same traces and model; may be given once for each',
      helpValue: 'NAME|FILE.json',
      multiple: true,
      multipleNonGreedy: true,
    }),
    gate: Flags.string({
      description:
        'a limit such as "latency.operation.p99_ns <= 1.05x baseline" or "safety.stale_after_sync == 0 for ioctl" (docs/ci.md), or FILE.yaml with a list of them; a breach ends with exit code 3; may be repeated',
      helpValue: 'EXPR|FILE.yaml',
      multiple: true,
      multipleNonGreedy: true,
    }),
    seeds: Flags.integer({
      description:
        'replay every trace with this many seeds, from --seed on: gates and the report then compare medians with 95% intervals (docs/ci.md)',
      helpValue: 'NUMBER',
      default: DEFAULTS.seeds,
      min: 1,
      max: LIMITS.seeds,
    }),
    across: Flags.option({ options: ['seeds', 'traces', 'recordings'] as const })({
      helpGroup: rare(),
      description:
        'what the medians are over: the seeds, each trace by itself, or the traces, judged together by one value each; recordings: as seeds, and FILE.json of --baseline may be of another recording, held against this one per operation and per unmap',
      default: DEFAULTS.across,
    }),
    inconclusive: Flags.option({ options: ['fail', 'warn'] as const })({
      helpGroup: rare(),
      description:
        'what an inconclusive gate does: fail ends with exit code 3, warn does not [default: fail where more seeds or traces would decide it, warn where a value does not exist]',
    }),
    jobs: comparisonJobsFlag,
    ...traceFlags,
    ...modelFlags,
    ...transformFlags,
    mrc: mrcFlag,
    ...gatedFlags,
    ...columnFlags,
    ...progressFlags,
  };

  /** Flags → replays → reporter. */
  async run(): Promise<void> {
    if (await this.listsColumns()) return;
    const { args, flags } = await this.parse(Compare);
    const { Report } = await import('../cli/report.js');
    const { withProgress } = await import('../cli/progress.js');
    const { runOptions } = await import('../cli/run-options.js');
    const { planComparison, runComparison } = await import('../library/library.js');
    const { strategies, baseline: baselines, gate: given, seeds, across, inconclusive, jobs } = flags;
    const asked = { strategies, baseline: baselines, gates: given, seeds, across, inconclusive, jobs };
    const plan = await planComparison(args.traces, { ...asked, ...runOptions(flags) });
    const { baseline, gates, earlier } = plan;
    const { endOfGates } = await import('../cli/sampling.js');
    const { tell } = await import('../cli/messages.js');
    const coming = { schema: 'smmuscope.result/2', hasGates: gates.length > 0 } as const;
    const report = Report.open(flags, coming, [...args.traces, ...(earlier === undefined ? [] : [earlier.name])]);
    let judged: ResultDocument['gates'];
    const work = async () => {
      const document = await withProgress(flags, (onProgress) => runComparison({ ...plan, onProgress }));
      judged = document.gates;
      return document;
    };
    await report.write(work, { baseline });
    if (judged === undefined) return;
    const warning = endOfGates(judged, report.listsBreaches);
    if (warning !== '' && !flags.quiet) tell(warning);
  }
}
