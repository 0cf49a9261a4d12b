/** `smmuscope profiles show`: every parameter of one profile. */
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { listingFlags, modelFlags } from '../../cli/flags.js';

export default class ProfilesShow extends BaseCommand {
  static override summary =
    'What a profile says: value, unit, source and meaning of every parameter, or of one in full.';
  static override description =
    'The tag tells what a value rests on: V read at the source, D derived, R recalled, E estimate, U set by the user, C calibrated (fitted to measurements). With --set it shows the profile as a replay with the same flags would use it.';
  static override examples = [
    { description: 'The default profile:', command: '<%= config.bin %> profiles show' },
    {
      description: 'One parameter in full:',
      command: '<%= config.bin %> profiles show neoverse-mmu700 software.vmm_dispatch_ns',
    },
    {
      description: 'Another one with a slower memory, as CSV:',
      command: '<%= config.bin %> profiles show grace-cmdqv --set smmu.mem_latency_ns=250 --reporter csv',
    },
  ];
  static override args = {
    profile: Args.string({
      description: 'a built-in profile or a YAML file of the same shape [default: neoverse-mmu700]',
      ignoreStdin: true,
    }),
    key: Args.string({
      description: 'one parameter: its meaning, value, unit, tag and source in full, and where the model uses it',
      ignoreStdin: true,
    }),
  };
  static override flags = { set: modelFlags.set, ...listingFlags };

  /** Profile → reporter. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(ProfilesShow);
    const { Report } = await import('../../cli/report.js');
    await Report.open(flags, { schema: 'smmuscope.profile/1' }).write(async () => {
      const { profileDocument } = await import('../../cli/listings.js');
      return profileDocument(args.profile, flags.set ?? [], args.key);
    });
  }
}
