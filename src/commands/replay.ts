/** `smmuscope replay`: one strategy on one trace, in full. */
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  columnFlags,
  modelFlags,
  mrcFlag,
  progressFlags,
  resultFlags,
  traceArgument,
  traceFlags,
} from '../cli/flags.js';
import { transformFlags } from '../cli/transform-flags.js';

export default class Replay extends BaseCommand {
  static override summary = 'What one path costs this guest: latency by stage, commands, caches, safety.';
  static override description =
    'Reports for how long the path holds the guest’s vCPUs per operation (everything published up to the CMD_SYNC that is waited for), stage by stage and per unmap, how many host commands its commands become, what happens in each translation cache, and whether a stale translation was ever used. Times are of the simulated hardware, in ns in JSON and CSV.';
  static override examples = [
    {
      description: 'One synchronous ioctl per command, as upstream QEMU does today:',
      command: '<%= config.bin %> replay traces/rebind-strict.qemu-7.2.log.xz --strategy ioctl',
    },
    {
      description: 'A polling software vCMDQ with a slower memory, as JSON:',
      command:
        '<%= config.bin %> replay traces/rebind-strict.qemu-7.2.log.xz --strategy sw-vcmdq:worker=poll --set smmu.mem_latency_ns=250 --json',
    },
    {
      description: 'A guest that falls back from its hardware queues to the shared queue half-way through the trace:',
      command:
        '<%= config.bin %> replay traces/rebind-strict.qemu-7.2.log.xz --strategy hw-vcmdq --migrate-at 7.7s --to sw-vcmdq',
    },
  ];
  static override args = { trace: traceArgument };
  static override flags = {
    strategy: Flags.string({
      description:
        'how guest commands reach the SMMU: NAME[:key=value]… (list: smmuscope strategies), or ./FILE.js with one of your own',
      helpValue: 'NAME',
      required: true,
    }),
    'migrate-at': Flags.string({
      description:
        'change paths in the middle of the trace: the first publication this long after its start (5ms, 1.5s, ns) and all later ones take the path of --to, once everything before is done',
      helpValue: 'TIME',
    }),
    to: Flags.string({
      description: 'the strategy that takes over at --migrate-at, written like --strategy',
      helpValue: 'NAME',
    }),
    perfetto: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      description:
        'also write the course of the replay in time to this file, as a trace for Perfetto (https://ui.perfetto.dev)',
    }),
    events: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'FROM..TO',
      description: 'show only what these events of the trace publish in the file of --perfetto [default: all]',
    }),
    ...traceFlags,
    ...modelFlags,
    ...transformFlags,
    mrc: mrcFlag,
    ...resultFlags,
    ...columnFlags,
    ...progressFlags,
  };

  /** Flags → replay → reporter. */
  async run(): Promise<void> {
    if (await this.listsColumns()) return;
    const { args, flags } = await this.parse(Replay);
    const { Report } = await import('../cli/report.js');
    const { withProgress } = await import('../cli/progress.js');
    const { runOptions } = await import('../cli/run-options.js');
    const { planReplay, runReplay } = await import('../library/library.js');
    const { strategy, 'migrate-at': migrateAt, to } = flags;
    const plan = await planReplay(args.trace, { strategy, migrateAt, to, ...runOptions(flags) });
    const { openTimeline } = await import('../cli/timeline.js');
    const timeline = await openTimeline(flags, [args.trace]);
    try {
      const report = Report.open(flags, { schema: 'smmuscope.result/2', hasGates: false }, [args.trace]);
      await report.write(async () => {
        const document = await withProgress(flags, (show) => {
          const onProgress: typeof show = (...progress) => {
            show(...progress);
            timeline?.onProgress(...progress);
          };
          return runReplay({ ...plan, onProgress }, timeline?.probe);
        });
        return timeline === undefined ? document : timeline.commit(document);
      });
    } finally {
      timeline?.discard();
    }
  }
}
