/** `smmuscope mrc`: misses of a TLB of every size, in one pass. */
import { BaseCommand } from '../cli/base-command.js';
import { modelFlags, pageFlags, progressFlags, sizesFlag, traceArgument, traceFlags } from '../cli/flags.js';
import { transformFlags, transformOptions } from '../cli/transform-flags.js';

export default class Mrc extends BaseCommand {
  static override summary = 'How many misses a TLB of every size would have (miss-ratio curve).';
  static override description =
    'One pass over the trace gives the misses of a fully associative LRU TLB at all sizes, with the holes that the guest’s invalidations leave. An entry holds a page or block of any size. A translation that faults fills nothing and is counted apart.';
  static override examples = [
    {
      description: 'The curve of a recorded trace:',
      command: '<%= config.bin %> mrc traces/rebind-strict.qemu-7.2.log.xz',
    },
    {
      description: 'Chosen sizes, as CSV:',
      command: '<%= config.bin %> mrc traces/rebind-lazy.qemu-10.0.log.xz --entries 16,64,256 --reporter csv',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = {
    entries: sizesFlag,
    msi: modelFlags.msi,
    ...traceFlags,
    ...transformFlags,
    ...pageFlags,
    ...progressFlags,
  };

  /** Flags → reader → curve → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Mrc);
    const { Report } = await import('../cli/report.js');
    const { readOptions } = await import('../cli/read-options.js');
    const { parseSizes } = await import('../cli/run-options.js');
    const { withProgress } = await import('../cli/progress.js');
    const sizes = parseSizes(flags.entries);
    const report = Report.open(flags, { schema: 'smmuscope.mrc/1' }, [args.trace]);
    await report.write(async () => {
      const { missRatioCurves } = await import('../session/mrc.js');
      const { limit, msi } = flags;
      const { checked } = await import('../library/checked.js');
      const { INSPECT_OPTIONS } = await import('../library/options.js');
      const library = await import('../library/reading.js');
      const read = checked(INSPECT_OPTIONS, { ...readOptions(flags), limit, transforms: transformOptions(flags) });
      const transforms = library.transformOptions(read.transforms);
      const options = { ...library.recordingOptions(read), limit, msi, sizes, transforms };
      return withProgress(flags, (onProgress) => missRatioCurves([args.trace], options, { onProgress }));
    });
  }
}
