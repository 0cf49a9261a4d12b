/** `smmuscope calibrate`: profile parameters fitted to measured latencies. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { allowCodeFlag, modelFlags, pageFlags, progressFlags, traceFlags } from '../cli/flags.js';

export default class Calibrate extends BaseCommand {
  static override summary =
    'Fit profile parameters to measured latencies of command lists and say how well they predict others.';
  static override description =
    'Reads a trace with recorded completions (--strategy says on which path it was recorded) or a CSV of points (strategy, commands, latency_ns and, if it stands for several, count). What is measured and predicted is one list of commands in one PROD write with its CMD_SYNC, from that PROD write until the guest sees the SYNC done: an operation of one PROD write. Parameters are fitted to one part by least squares and predict the rest: the error on that is what counts. Submissions of other vCPUs at the same time are left out, since the path is walked on an idle machine.';
  static override examples = [
    {
      description: 'What a doorbell and a command cost on plain QEMU, fitted to half of a guest’s ftrace:',
      command: '<%= config.bin %> calibrate traces/rebind-strict.ftrace.txt.xz --strategy docs/examples/emulated.mjs',
    },
    {
      description: 'Two chosen parameters, fitted to one recording and used to predict another:',
      command:
        '<%= config.bin %> calibrate traces/bigsg-strict.ftrace.txt.xz --strategy docs/examples/emulated.mjs --fit software.mmio_exit_user_ns,software.vmm_per_cmd_ns --predict traces/rebind-strict.ftrace.txt.xz',
    },
  ];
  static override args = {
    measured: Args.string({
      description:
        'trace with recorded completions, or CSV of measured points; plain or compressed; - reads standard input',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    strategy: Flags.string({
      description:
        'the path on which the trace was recorded, like --strategy of replay; without it the file is a CSV of points',
      helpValue: 'NAME',
    }),
    'allow-code': allowCodeFlag,
    fit: Flags.string({
      description:
        'parameters to fit, separated by commas [default: the two estimates that most of the time rests on and that the measurements can tell apart]',
      helpValue: 'KEY[,KEY]',
    }),
    predict: Flags.string({
      description: 'predict the measurements of this file too, of the same kind as the first; may be repeated',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    share: Flags.integer({
      description: 'per cent of the measurements that are fitted; the rest is predicted',
      default: 50,
      min: 1,
      max: 100,
    }),
    split: Flags.string({
      description:
        'how the measurements are divided: in turn within each size (interleaved), or the beginning is fitted and the end predicted (ordered)',
      options: ['interleaved', 'ordered'],
      default: 'interleaved',
    }),
    centre: Flags.string({
      description:
        'what of equal submissions is fitted: the mean of their middle half (midmean), which a few interrupted ones do not move, or of all (mean)',
      options: ['midmean', 'mean'],
      default: 'midmean',
    }),
    'profile-out': Flags.string({
      description: 'write the calibrated profile to this file, for --profile',
      helpValue: 'FILE.yaml',
    }),
    profile: modelFlags.profile,
    set: modelFlags.set,
    format: traceFlags.format,
    lenient: traceFlags.lenient,
    'ftrace-events': traceFlags['ftrace-events'],
    with: traceFlags.with,
    limit: traceFlags.limit,
    ...pageFlags,
    ...progressFlags,
  };

  /** Flags → calibration → profile file and reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Calibrate);
    const { calibrationOptions } = await import('../cli/calibration-options.js');
    const { openOutput } = await import('../cli/output.js');
    const { Report } = await import('../cli/report.js');
    const { withProgress } = await import('../cli/progress.js');
    const options = calibrationOptions(flags);
    const inputs = [args.measured, ...(options.with === undefined ? [] : [options.with]), ...options.predict];
    const report = Report.open(flags, { schema: 'smmuscope.calibration/1' }, inputs);
    const profileOut = flags['profile-out'];
    const profileFile = profileOut === undefined ? undefined : openOutput(profileOut, inputs);
    try {
      await report.write(async () => {
        const { calibrate } = await import('../session/calibrate.js');
        const { document, profileYaml } = await withProgress(flags, (onProgress) =>
          calibrate(args.measured, options, { onProgress }),
        );
        await profileFile?.commit(profileYaml);
        return document;
      });
    } finally {
      profileFile?.discard();
    }
  }
}
