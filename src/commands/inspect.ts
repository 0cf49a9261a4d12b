/** `smmuscope inspect`: what a trace holds. */
import { BaseCommand } from '../cli/base-command.js';
import { pageFlags, progressFlags, topologyFlag, traceArgument, traceFlags } from '../cli/flags.js';
import { transformFlags, transformOptions } from '../cli/transform-flags.js';
import { UsageError } from '../trace/errors.js';

export default class Inspect extends BaseCommand {
  static override summary = 'What is in a trace: commands, doorbells, DMA, times, losses.';
  static override description =
    'Counts commands by opcode and vCPU, commands per doorbell, translations by StreamID, pages per range, the times between doorbells and the latency that the recording itself shows. Nothing is simulated. Lines that the trace lost or that belong to other programs are reported with their line numbers.';
  static override examples = [
    {
      description: 'A recorded QEMU log, recognised by its content:',
      command: '<%= config.bin %> inspect traces/rebind-strict.qemu-7.2.log.xz',
    },
    {
      description: 'The first 10000 events as JSON:',
      command: '<%= config.bin %> inspect traces/rebind-strict.qemu-7.2.log.xz --limit 10000 --json',
    },
    {
      description: 'Its devices and their domains, as a topology file to edit:',
      command: '<%= config.bin %> inspect traces/csv/ats-four-devices.csv --topology',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = {
    topology: topologyFlag,
    ...traceFlags,
    ...transformFlags,
    ...pageFlags,
    ...progressFlags,
  };

  /** Flags → reader → collector → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    if (flags.topology) {
      await this.writeTopology();
      return;
    }
    const { Report } = await import('../cli/report.js');
    const { readOptions } = await import('../cli/read-options.js');
    const { withProgress } = await import('../cli/progress.js');
    const report = Report.open(flags, { schema: 'smmuscope.inspect/1' }, [args.trace]);
    const work = async () => {
      const { inspect } = await import('../library/library.js');
      const options = { ...readOptions(flags), limit: flags.limit, transforms: transformOptions(flags) };
      return withProgress(flags, (onProgress) => inspect(args.trace, { ...options, onProgress }));
    };
    const { nextCommand } = await import('../cli/next-command.js');
    await report.write(work, { next: nextCommand('compare', args.trace, flags) });
  }

  /** Flags → reader → topology file. */
  private async writeTopology(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    const { openOutput } = await import('../cli/output.js');
    const { readOptions } = await import('../cli/read-options.js');
    const { withProgress } = await import('../cli/progress.js');
    if (flags.json || flags.reporter !== undefined) {
      throw new UsageError('--topology: expected neither --json nor --reporter beside it, a topology file is YAML');
    }
    const { transformSettings } = await import('../guest/transforms/registry.js');
    const { transformOptions: parsed } = await import('../library/reading.js');
    const [transform] = transformSettings(parsed(transformOptions(flags)));
    if (transform !== undefined) {
      throw new UsageError(`--topology: expected no guest transform beside it, found ${transform.name}`);
    }
    const output = openOutput(flags.output, [args.trace]);
    try {
      const { openTrace } = await import('../library/library.js');
      const { inferTopology } = await import('../session/infer-topology.js');
      const trace = await openTrace(args.trace, readOptions(flags));
      const text = await withProgress(flags, (onProgress) => inferTopology(trace, flags.limit, { onProgress }));
      await output.commit(text);
    } finally {
      output.discard();
    }
  }
}
