/** `smmuscope workloads`: every workload with its parameters. */
import { BaseCommand } from '../cli/base-command.js';
import { listingFlags } from '../cli/flags.js';

export default class Workloads extends BaseCommand {
  static override summary = 'Which workloads generate knows, and their parameters.';
  static override description =
    'A workload is a program of vCPUs and devices. Its parameters are changed by --set KEY=VALUE of smmuscope generate; the number of events, vCPUs and devices, the seed and the kernel have flags of their own.';
  static override examples = [
    { description: 'All workloads:', command: '<%= config.bin %> workloads' },
    { description: 'The same for a script:', command: '<%= config.bin %> workloads --reporter csv' },
  ];
  static override flags = { ...listingFlags };

  /** Registry → reporter. */
  async run(): Promise<void> {
    const { flags } = await this.parse(Workloads);
    const { Report } = await import('../cli/report.js');
    await Report.open(flags, { schema: 'smmuscope.workloads/1' }).write(async () => {
      const { workloadsDocument } = await import('../cli/listings.js');
      return workloadsDocument();
    });
  }
}
