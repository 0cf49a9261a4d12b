/** `smmuscope profiles`: the built-in sets of model parameters. */
import { BaseCommand } from '../../cli/base-command.js';
import { listingFlags } from '../../cli/flags.js';

export default class Profiles extends BaseCommand {
  static override summary = 'Which profiles of hardware and software costs there are.';
  static override description =
    'A profile gives every parameter of the model a value with its unit and source. The list says how many of them are estimates.';
  static override examples = [
    { description: 'All profiles:', command: '<%= config.bin %> profiles' },
    { description: 'The same for a script:', command: '<%= config.bin %> profiles --reporter csv' },
  ];
  static override flags = { ...listingFlags };

  /** Profiles → reporter. */
  async run(): Promise<void> {
    const { flags } = await this.parse(Profiles);
    const { Report } = await import('../../cli/report.js');
    await Report.open(flags, { schema: 'smmuscope.profiles/1' }).write(async () => {
      const { profilesDocument } = await import('../../cli/listings.js');
      return profilesDocument();
    });
  }
}
