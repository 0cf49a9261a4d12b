/** `smmuscope strategies`: every strategy with its options. */
import { BaseCommand } from '../../cli/base-command.js';
import { listingFlags } from '../../cli/flags.js';

export default class Strategies extends BaseCommand {
  static override summary = 'Which strategies there are, and their options.';
  static override description =
    'A strategy is one path from the guest’s command queue to the SMMU. It is written NAME[:key=value]…; every strategy also takes :atc= with a targeting (vsid, broadcast, implicit). The path of a file with a strategy of your own (./mine.js) takes the place of a name. strategies show explains one path step by step.';
  static override examples = [
    { description: 'All strategies:', command: '<%= config.bin %> strategies' },
    { description: 'The same for a script:', command: '<%= config.bin %> strategies --reporter json' },
  ];
  static override flags = { ...listingFlags };

  /** Registry → reporter. */
  async run(): Promise<void> {
    const { flags } = await this.parse(Strategies);
    const { Report } = await import('../../cli/report.js');
    await Report.open(flags, { schema: 'smmuscope.strategies/1' }).write(async () => {
      const { strategiesDocument } = await import('../../cli/listings.js');
      return strategiesDocument();
    });
  }
}
