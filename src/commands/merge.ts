/** `smmuscope merge`: the shards of a study put together. */
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { columnFlags, pageFlags } from '../cli/flags.js';

export default class Merge extends BaseCommand {
  static override summary = 'Put the shards of a study together.';
  static override description =
    'Takes the JSON documents of sweep --shard in any order and reports the whole study, byte for byte as an unsharded sweep would. A shard that is missing, there twice, or of another study, version or trace ends it with exit code 5; exit code 1 says that the study has failed points.';
  static override examples = [
    {
      description: 'Two shards:',
      command: '<%= config.bin %> merge docs/examples/shard-1-of-2.json docs/examples/shard-2-of-2.json',
    },
    {
      description: 'The same as CSV, one line per point:',
      command: '<%= config.bin %> merge docs/examples/shard-1-of-2.json docs/examples/shard-2-of-2.json --reporter csv',
    },
  ];
  static override args = {
    shards: Args.string({
      description: 'JSON documents of all shards of one study',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = { ...pageFlags, ...columnFlags };

  /** Shards → reporter. */
  async run(): Promise<void> {
    if (await this.listsColumns()) return;
    const { args, flags } = await this.parse(Merge);
    const { merge } = await import('../cli/sweep.js');
    await merge(args.shards, flags);
  }
}
