/** `smmuscope diff`: how one result differs from an earlier one. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { pageFlags } from '../cli/flags.js';

export default class Diff extends BaseCommand {
  static override summary = 'Say how a result or a study differs from an earlier one.';
  static override description =
    'Holds every row that both documents have (trace, strategy and ATC targeting; points of a study by their place on the axes) against the other: what differs, by how much, and which stage explains it, what matters most first; what else is not the same (build, parameters, options), and which rows only one has. A replay is deterministic, so each difference is real; with several seeds each has its test. Ends with exit code 0 whether or not anything differs, unless --exit-code is given.';
  static override examples = [
    {
      description: 'What another cost does to a result:',
      command:
        '<%= config.bin %> diff docs/examples/rebind-strict.result.json docs/examples/rebind-slower-ioctl.result.json',
    },
    {
      description: 'A guest with another kernel, and so another trace:',
      command:
        '<%= config.bin %> diff docs/examples/rebind-strict.result.json docs/examples/boot-strict.result.json --across recordings',
    },
  ];
  static override args = {
    old: Args.string({
      description: 'JSON of the earlier result (replay, compare) or study (sweep, merge); - reads standard input',
      required: true,
      ignoreStdin: true,
    }),
    new: Args.string({ description: 'JSON of the later one, of the same kind', required: true, ignoreStdin: true }),
  };
  static override flags = {
    across: Flags.option({ options: ['recordings'] as const })({
      description:
        'compare results of different recordings (another guest kernel means another trace): numbers per operation and per unmap, no totals, and what the recordings differ in',
    }),
    all: Flags.boolean({
      description: 'every number that differs, not only those that explain the others or are followed',
    }),
    'exit-code': Flags.boolean({ description: 'end with exit code 3 if anything differs' }),
    ...pageFlags,
  };

  /** Files → differences → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff);
    const { Report } = await import('../cli/report.js');
    const { EXIT_DIFFERENT } = await import('../cli/failure.js');
    const { planDiff, runDiff } = await import('../library/library.js');
    const { isDifferent } = await import('../diff/diff.js');
    const plan = await planDiff(args.old, args.new, { across: flags.across });
    const report = Report.open(flags, { schema: 'smmuscope.diff/1' }, [args.old, args.new]);
    let hasChanged = false;
    const work = async () => {
      const document = await runDiff(plan);
      hasChanged = isDifferent(document);
      return document;
    };
    await report.write(work, { isComplete: flags.all });
    if (hasChanged && flags['exit-code']) process.exitCode = EXIT_DIFFERENT;
  }
}
