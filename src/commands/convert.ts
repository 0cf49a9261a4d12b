/** `smmuscope convert`: any readable trace to another format. */
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { convertFlags, progressFlags, traceArgument, traceFlags } from '../cli/flags.js';
import { transformFlags, transformOptions } from '../cli/transform-flags.js';

export default class Convert extends BaseCommand {
  static override summary = 'Convert a trace to csv, jsonl, arrow or a raw queue dump.';
  static override description =
    'Reads any trace and writes its events in the format that the output’s name or --to says, compressed if the name ends in .gz or .zst. Memory does not grow with the trace, and the file appears complete or not at all. What the format cannot hold is counted on stderr: csv, jsonl and arrow hold every event exactly, raw holds commands, doorbells and completions without their times.';
  static override examples = [
    {
      description: 'A QEMU log as an Arrow stream for pandas, polars or DuckDB (to a file: name it rebind.arrow):',
      command: '<%= config.bin %> convert traces/rebind-strict.qemu-7.2.log.xz - --to arrow-stream',
    },
    {
      description: 'A CSV as JSON Lines, to standard output:',
      command: '<%= config.bin %> convert traces/csv/strict-unmap.csv - --to jsonl',
    },
    {
      description: 'A CSV with columns of other names:',
      command:
        '<%= config.bin %> convert traces/csv/own-names.csv - --to csv --csv-map time_ns=ts,event=what,vcpu=cpu,opcode=op,iova=addr,sid=stream,access=level,x_note=note',
    },
  ];
  static override args = {
    trace: traceArgument,
    output: Args.string({
      description: 'file to write (.csv, .jsonl, .arrow, .arrows, .raw; .gz or .zst after it); - is standard output',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = { ...convertFlags, ...traceFlags, ...transformFlags, ...progressFlags };

  /** Flags → reader → writer → file. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Convert);
    const { readOptions } = await import('../cli/read-options.js');
    const { conversionSummary, estimateSummary, lossSentences } = await import('../cli/conversion-report.js');
    const { printLines, tell } = await import('../cli/messages.js');
    const { withProgress } = await import('../cli/progress.js');
    const { to, compress, limit } = flags;
    const { convert, planConversion } = await import('../library/library.js');
    const options = { ...readOptions(flags), to, compress, limit, transforms: transformOptions(flags) };
    if (flags.estimate) {
      const { estimateConversion } = await import('../session/convert.js');
      const { path, conversion } = await planConversion(args.trace, args.output, options);
      printLines([estimateSummary(args.output, await estimateConversion(path, args.output, conversion))]);
      return;
    }
    const saved = await withProgress(flags, (onProgress) =>
      convert(args.trace, args.output, { ...options, onProgress }),
    );
    for (const sentence of lossSentences(saved)) tell(sentence);
    if (args.output !== '-' && !flags.quiet) printLines([conversionSummary(args.output, saved)]);
  }
}
