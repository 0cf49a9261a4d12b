/** `smmuscope sensitivity`: what a comparison owes to the estimates of its profile. */
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { jobsFlag, listingFlags, modelFlags, progressFlags, traceArgument, traceFlags } from '../cli/flags.js';

export default class Sensitivity extends BaseCommand {
  static override summary = 'Tell which estimates the ratio of two strategies rests on.';
  static override description =
    'Moves every parameter of the profile that is tagged as an estimate down and up, each alone, replays both strategies again, and lists the parameters by how far the ratio of their mean times of an operation moves. Integer parameters are rounded; a log2 is moved by one.';
  static override examples = [
    {
      description: 'The headline ratio of the default profile:',
      command: '<%= config.bin %> sensitivity traces/boot-strict.qemu-7.2.log.xz',
    },
    {
      description: 'What batching gains, with smaller errors of the estimates:',
      command:
        '<%= config.bin %> sensitivity traces/csv/strict-unmap.csv --strategy ioctl-batched --percent 20 --reporter csv',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = {
    strategy: Flags.string({
      helpValue: 'NAME',
      description: 'strategy whose latency is the numerator of the ratio',
      default: 'hw-vcmdq',
    }),
    baseline: Flags.string({
      helpValue: 'NAME',
      description: 'strategy whose latency is the denominator of the ratio',
      default: 'ioctl',
    }),
    percent: Flags.integer({
      helpValue: 'NUMBER',
      description: 'how far each estimate is moved, in per cent of itself',
      default: 50,
      min: 1,
      max: 99,
    }),
    jobs: jobsFlag,
    limit: traceFlags.limit,
    profile: modelFlags.profile,
    ...listingFlags,
    ...progressFlags,
  };

  /** Flags → replays → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Sensitivity);
    const { sensitivity } = await import('../cli/sweep.js');
    await sensitivity(args.trace, flags);
  }
}
