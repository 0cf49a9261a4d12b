/** `smmuscope sweep`: a study of many replays. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { allowCodeFlag, columnFlags, jobsFlag, pageFlags, progressFlags } from '../cli/flags.js';
import { DEFAULTS } from '../session/defaults.js';

export default class Sweep extends BaseCommand {
  static override summary = 'How the answer moves with hardware, paths and traces: run a study of many points.';
  static override description =
    'Every point of the study is one replay, and its result is what replay would say. A point that fails is reported and does not stop the others; the exit code is then 1. With --results a sweep that was killed goes on where it was. With --shard it runs one part of the study, for several machines; merge puts the parts together.';
  static override examples = [
    {
      description: 'The points of a study and how long they will take:',
      command: '<%= config.bin %> sweep docs/examples/study.yaml --dry-run',
    },
    { description: 'The study, on two threads:', command: '<%= config.bin %> sweep docs/examples/study.yaml --jobs 2' },
    {
      description: 'The first of three parts, as JSON for merge:',
      command: '<%= config.bin %> sweep docs/examples/study.yaml --shard 1/3 --json',
    },
  ];
  static override args = {
    study: Args.string({ description: 'study file, YAML or JSON (docs/sweeps.md)', required: true, ignoreStdin: true }),
  };
  static override flags = {
    jobs: jobsFlag,
    shard: Flags.string({
      helpValue: 'I/N',
      description: 'run part I of N only; the parts together are the study (smmuscope merge)',
    }),
    results: Flags.string({
      helpValue: 'FOLDER',
      description: 'keep each finished point in this folder, and take from it what an earlier run finished',
    }),
    'dry-run': Flags.boolean({
      description:
        'run nothing, no code of the study either: print how many points there are and about how long they take',
      default: false,
    }),
    'allow-code': allowCodeFlag,
    'max-points': Flags.integer({
      helpValue: 'NUMBER',
      description: 'refuse a study with more points than this',
      default: DEFAULTS.maxPoints,
      min: 1,
    }),
    ...pageFlags,
    ...columnFlags,
    ...progressFlags,
  };

  /** Flags → sweep → reporter. */
  async run(): Promise<void> {
    if (await this.listsColumns()) return;
    const { args, flags } = await this.parse(Sweep);
    const { dryRun, sweep } = await import('../cli/sweep.js');
    const { printLines } = await import('../cli/messages.js');
    if (flags['dry-run']) printLines(await dryRun(args.study, flags));
    else await sweep(args.study, flags);
  }
}
