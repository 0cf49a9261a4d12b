/** `smmuscope sensitivity`: what a comparison owes to the estimates of its profile. */
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { jobsFlag, modelFlags, pageFlags, progressFlags, traceArgument, traceFlags } from '../cli/flags.js';
import { transformFlags } from '../cli/transform-flags.js';
import { DEFAULTS, LIMITS } from '../session/defaults.js';

export default class Sensitivity extends BaseCommand {
  static override summary = 'Tell what a comparison rests on, and whether other values would turn the ranking.';
  static override description =
    'Moves every parameter of the profile that is an estimate, or for which the profile declares a range, down and up, each alone, replays --strategy and --baseline again, and lists the parameters by how far the ratio of their mean times of an operation moves. Then draws all of them at once, many times (a Latin hypercube), and says in which interval the ratio of each path lies and with which probability paths change places. Integers are rounded; a log2 is moved by one.';
  static override examples = [
    {
      description: 'The headline ratio of the default profile, and the ranking of five paths:',
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
    strategies: Flags.string({
      helpValue: 'LIST',
      description: 'paths that are ranked besides these two when all parameters are drawn at once, separated by commas',
      default: DEFAULTS.strategies,
    }),
    draws: Flags.integer({
      helpValue: 'NUMBER',
      description: 'how often all parameters are drawn at once, from --seed on; 0: never',
      default: DEFAULTS.draws,
      min: 0,
      max: LIMITS.draws,
    }),
    percent: Flags.integer({
      helpValue: 'NUMBER',
      description: 'how far each estimate is moved, in per cent of itself',
      default: 50,
      min: 1,
      max: 99,
    }),
    jobs: jobsFlag,
    ...traceFlags,
    ...modelFlags,
    ...transformFlags,
    ...pageFlags,
    ...progressFlags,
  };

  /** Flags → replays → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Sensitivity);
    const { sensitivity } = await import('../cli/sweep.js');
    await sensitivity(args.trace, flags);
  }
}
