/** `smmuscope strategies show`: one path, step by step. */
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { listingFlags, modelFlags } from '../../cli/flags.js';

export default class StrategiesShow extends BaseCommand {
  static override summary = 'What each step of one strategy costs, and why.';
  static override description =
    'Follows one operation, n TLBIs and a CMD_SYNC published by one PROD write, through the path on an idle machine and shows every step with its stage, the profile parameter that it rests on, how often it happens and the total. The steps are those that a replay executes; the tag tells what a value rests on: V read at the source, D derived, R recalled, E estimate, U set by the user.';
  static override examples = [
    { description: 'One ioctl per command:', command: '<%= config.bin %> strategies show ioctl' },
    {
      description: 'A polling worker on other hardware with a slower memory, as CSV:',
      command:
        '<%= config.bin %> strategies show sw-vcmdq:worker=poll --profile grace-cmdqv --set smmu.mem_latency_ns=250 --reporter csv',
    },
  ];
  static override args = {
    name: Args.string({
      description: 'a strategy with its options, NAME[:key=value]…, or the file of your own (./mine.js)',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = { profile: modelFlags.profile, set: modelFlags.set, ...listingFlags };

  /** Strategy → steps → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(StrategiesShow);
    const { Report } = await import('../../cli/report.js');
    await Report.open(flags, { schema: 'smmuscope.strategy/1' }).write(async () => {
      const { strategyDocument } = await import('../../cli/listings.js');
      return strategyDocument(args.name, flags.profile, flags.set ?? []);
    });
  }
}
