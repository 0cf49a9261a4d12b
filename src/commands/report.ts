/** `smmuscope report`: an earlier result in another form. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { reportFlags } from '../cli/flags.js';

export default class ReportResult extends BaseCommand {
  static override summary = 'Show an earlier result in any form.';
  static override description =
    'Reads the JSON that replay or compare printed with --json and renders it by any reporter: nothing is replayed. A file that is not a whole result of this version is refused with exit code 2.';
  static override examples = [
    {
      description: 'A published result as a table for a pull request:',
      command: '<%= config.bin %> report docs/examples/rebind-strict.result.json --reporter markdown --baseline ioctl',
    },
    {
      description: 'Its latency by stage as folded stacks, for speedscope:',
      command: '<%= config.bin %> report docs/examples/rebind-strict.result.json --reporter folded',
    },
  ];
  static override args = {
    result: Args.string({
      description: 'JSON of a result; - reads standard input',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    baseline: Flags.string({
      description:
        'the strategy, one of the result’s, that the others are a multiple of [default: none for one strategy, else the first]',
      helpValue: 'NAME',
    }),
    ...reportFlags,
  };

  /** File → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(ReportResult);
    const { Report } = await import('../cli/report.js');
    const { readResult } = await import('../cli/result-file.js');
    const { resultBaseline } = await import('../cli/baseline.js');
    const report = Report.open(flags, { schema: 'smmuscope.result/1' }, [args.result]);
    const { document, name } = readResult(args.result);
    await report.write(async () => document, { baseline: resultBaseline(flags.baseline, document, name) });
  }
}
