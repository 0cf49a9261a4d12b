/** `smmuscope compare`: several strategies on the same traces, side by side. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { modelFlags, progressFlags, reportFlags, traceFlags } from '../cli/flags.js';
import { transformFlags } from '../cli/transform-flags.js';

export default class Compare extends BaseCommand {
  static override summary = 'Compare strategies on the same traces.';
  static override description =
    'One row per strategy: submission latency (the guest’s PROD write until it sees its SYNC done) and its ratio to the baseline, guest and host commands, exits and ioctls, misses of the main TLB, and stale translations used after a completed SYNC. Each trace is read once.';
  static override examples = [
    {
      description: 'All strategies on one trace:',
      command: '<%= config.bin %> compare traces/rebind-strict.qemu-7.2.log.xz --strategies all',
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
      description: 'strategies separated by commas, each NAME[:key=value]…, or all (list: smmuscope strategies)',
      helpValue: 'LIST',
      default: 'all',
    }),
    baseline: Flags.string({
      description:
        'the strategy, one of those compared, that the others are a multiple of [default: the first one]; or FILE.json, an earlier result of the same traces and model that relative gates refer to; may be given once for each',
      helpValue: 'NAME|FILE.json',
      multiple: true,
      multipleNonGreedy: true,
    }),
    gate: Flags.string({
      description:
        'a limit such as "latency.submission.p99_ns <= 1.05x baseline" or "safety.stale_after_sync == 0 for ioctl" (docs/ci.md), or FILE.yaml with a list of them; a breach ends with exit code 3; may be repeated',
      helpValue: 'EXPR|FILE.yaml',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...traceFlags,
    ...modelFlags,
    ...transformFlags,
    ...reportFlags,
    ...progressFlags,
  };

  /** Flags → replays → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare);
    const { resolveBaseline } = await import('../cli/baseline.js');
    const { Report } = await import('../cli/report.js');
    const { withProgress } = await import('../cli/progress.js');
    const { requireDistinctNames, runOptions, splitList } = await import('../cli/run-options.js');
    const options = runOptions(splitList(flags.strategies), flags);
    const { readGates, splitBaselines } = await import('../cli/gates.js');
    const { strategy, earlier } = splitBaselines(flags.baseline ?? []);
    const baseline = resolveBaseline(strategy, options.strategies, options.atc);
    const gates = readGates(flags.gate ?? []);
    if (earlier !== undefined && gates.length === 0) {
      const { UsageError } = await import('../trace/errors.js');
      throw new UsageError('--baseline FILE.json: expected --gate with it, found none');
    }
    requireDistinctNames(args.traces);
    const report = Report.open(flags, [...args.traces, ...(earlier === undefined ? [] : [earlier.name])]);
    const { judgeGates, requirePassed } = await import('../gates/judge.js');
    let judged: ReturnType<typeof judgeGates> | undefined;
    const work = async () => {
      const { runReplays } = await import('../session/run.js');
      const document = await withProgress(flags, (onProgress) => runReplays(args.traces, options, { onProgress }));
      if (gates.length === 0) return document;
      judged = judgeGates(document, gates, earlier ?? baseline);
      return { ...document, gates: judged };
    };
    await report.write(work, { baseline });
    if (judged === undefined) return;
    const { judgedName, judgementText } = await import('../reporters/gate-text.js');
    requirePassed(judged, (one) => `${judgedName(one)}: ${judgementText(one)}`);
  }
}
