/** `smmuscope lint`: does a trace keep the invariants of a trace? */
import { BaseCommand } from '../cli/base-command.js';
import { EXIT_TRACE } from '../cli/failure.js';
import { listingFlags, progressFlags, traceArgument, traceFlags } from '../cli/flags.js';

export default class Lint extends BaseCommand {
  static override summary = 'Whether a trace can be trusted: its invariants, with line numbers.';
  static override description =
    'Order of times, SYNCs and their completions, commands that are never published, reserved encodings, ranges that cannot be, translations of what was never mapped, hits on what was invalidated, and what the recorder lost. Errors mean that results from the trace mean nothing: the exit code is then 4. Warnings and notes leave it at 0.';
  static override examples = [
    {
      description: 'A recorded QEMU log:',
      command: '<%= config.bin %> lint traces/rebind-strict.qemu-7.2.log.xz',
    },
    {
      description: 'The same for a script:',
      command: '<%= config.bin %> lint traces/csv/ats-four-devices.csv --json',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = { ...traceFlags, ...listingFlags, ...progressFlags };

  /** Flags → reader → rules → reporter; exit code 4 if a rule of severity `error` is broken. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Lint);
    const { Report } = await import('../cli/report.js');
    const { readOptions } = await import('../cli/read-options.js');
    const { withProgress } = await import('../cli/progress.js');
    let errors = 0;
    const { nextCommand } = await import('../cli/next-command.js');
    const report = Report.open(flags, { schema: 'smmuscope.lint/1' }, [args.trace]);
    const work = async () => {
      const { openTrace } = await import('../library/library.js');
      const { lintTrace } = await import('../analysis/lint/lint-trace.js');
      const trace = await openTrace(args.trace, readOptions(flags));
      const document = await withProgress(flags, (onProgress) => lintTrace(trace, { limit: flags.limit, onProgress }));
      errors = document.errors;
      return document;
    };
    await report.write(work, { next: nextCommand('inspect', args.trace, flags) });
    if (errors > 0) process.exitCode = EXIT_TRACE;
  }
}
