/** `smmuscope inspect`: what a trace holds. */
import { BaseCommand } from '../cli/base-command.js';
import { progressFlags, reportFlags, traceArgument, traceFlags } from '../cli/flags.js';

export default class Inspect extends BaseCommand {
  static override summary = 'Show what is in a trace: commands, doorbells, DMA, times, losses.';
  static override description =
    'Counts commands by opcode and vCPU, commands per doorbell, translations by StreamID, pages per range, and the latency that the recording itself shows. Nothing is simulated. Lines that the trace lost or that belong to other programs are reported with their line numbers.';
  static override examples = [
    {
      description: 'A recorded QEMU log, recognised by its content:',
      command: '<%= config.bin %> inspect traces/rebind-strict.qemu-7.2.log.xz',
    },
    {
      description: 'The first 10000 events as JSON:',
      command: '<%= config.bin %> inspect traces/rebind-strict.qemu-7.2.log.xz --limit 10000 --json',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = { ...traceFlags, ...reportFlags, ...progressFlags };

  /** Flags → reader → collector → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    const { Report } = await import('../cli/report.js');
    const { withProgress } = await import('../cli/progress.js');
    const report = Report.open(flags, [args.trace]);
    await report.write(async () => {
      const { openTrace } = await import('../readers/open-trace.js');
      const { inspectTrace } = await import('../inspect/inspect-trace.js');
      const trace = await openTrace(args.trace, { format: flags.format, lenient: flags.lenient });
      return withProgress(flags, (onProgress) => inspectTrace(trace, { limit: flags.limit, onProgress }));
    });
  }
}
