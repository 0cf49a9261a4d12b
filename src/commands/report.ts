/** `smmuscope report`: an earlier document in another form. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { columnFlags, gatedFlags } from '../cli/flags.js';

export default class ReportResult extends BaseCommand {
  static override summary = 'An earlier result, or any other JSON document of the tool, in another form.';
  static override description =
    'Reads the JSON that a command printed with --json (results, studies, differences, sensitivities, calibrations, inspections, checks, miss-ratio curves, listings) and renders it by any reporter that has a form for it: nothing is replayed, and the bytes are those that the command prints with that reporter. A file that is not a whole document of this version is refused with exit code 2.';
  static override examples = [
    {
      description: 'A published result as a table for a pull request:',
      command: '<%= config.bin %> report docs/examples/rebind-strict.result.json --reporter markdown --baseline ioctl',
    },
    {
      description: 'Its latency by stage as folded stacks, for speedscope:',
      command: '<%= config.bin %> report docs/examples/rebind-strict.result.json --reporter folded',
    },
    {
      description: 'One shard of a study as CSV:',
      command: '<%= config.bin %> report docs/examples/shard-1-of-2.json --reporter csv',
    },
  ];
  static override args = {
    document: Args.string({
      description: 'JSON of a document; - reads standard input',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    baseline: Flags.string({
      description:
        'of a result: its row that the others are a multiple of, a strategy, with :atc=NAME for one targeting of it, else its default one [default: none for one row, else ioctl, else the first that is not v1-patch]',
      helpValue: 'NAME',
    }),
    ...gatedFlags,
    ...columnFlags,
  };

  /** File → reporter. */
  async run(): Promise<void> {
    if (await this.listsColumns()) return;
    const { args, flags } = await this.parse(ReportResult);
    const { Report } = await import('../cli/report.js');
    const { readDocument } = await import('../library/result-file.js');
    const { documentBaseline } = await import('../library/baseline.js');
    const { document, name } = await readDocument(args.document);
    const report = Report.open(flags, document, [args.document]);
    await report.write(async () => document, { baseline: documentBaseline(flags.baseline, document, name) });
  }
}
