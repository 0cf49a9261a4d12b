/** `smmuscope generate`: a trace of a workload, without a recording. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { parseKernel } from '../guest/transforms/transform-list.js';
import { UsageError } from '../trace/errors.js';

export default class Generate extends BaseCommand {
  static override summary = 'Write the trace of a seeded workload.';
  static override description =
    'Programs of vCPUs and devices drive a Linux guest; what its SMMUv3 driver would put into the command queue becomes a trace. The same settings and seed give the same bytes. Times are imagined; order, commands and addresses are the driver’s. Workloads and their parameters: smmuscope workloads.';
  static override examples = [
    {
      description: 'NIC receive rings of four vCPUs, on standard output:',
      command: '<%= config.bin %> generate nic-ring - --to csv --events 1000 --vcpus 4',
    },
    {
      description: 'Freed shared memory on a kernel without a limit of single-page commands:',
      command: '<%= config.bin %> generate sva-munmap - --to csv --events 2000 --kernel 6.1 --set max_pages=512',
    },
  ];
  static override args = {
    workload: Args.string({ description: 'name of the workload (list: smmuscope workloads)', required: true }),
    out: Args.string({
      description: 'file to write, its ending decides the format and the compression; - is standard output',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    events: Flags.integer({ helpValue: 'N', description: 'end soon after so many events', default: 100_000, min: 1 }),
    vcpus: Flags.integer({ helpValue: 'N', description: 'number of guest vCPUs', default: 2, min: 1, max: 256 }),
    devices: Flags.integer({ helpValue: 'N', description: 'number of devices', default: 2, min: 1, max: 4096 }),
    seed: Flags.integer({ helpValue: 'NUMBER', description: 'seed of everything random', default: 0, min: 0 }),
    kernel: Flags.string({
      helpValue: 'VERSION',
      description: 'Linux version of the guest: what it emits differs by era',
      default: '6.12',
    }),
    set: Flags.string({
      helpValue: 'KEY=VALUE',
      description: 'change one parameter of the workload; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
    }),
    to: Flags.string({ helpValue: 'FORMAT', description: 'format to write, instead of what the file’s ending says' }),
  };

  /** Flags → workload → writer. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Generate);
    const { parametersOf, workloadByName } = await import('../guest/workloads/registry.js');
    const { generateTrace } = await import('../guest/workloads/schedule.js');
    const { saveTrace } = await import('../formats/save-trace.js');
    const workload = workloadByName(args.workload);
    if (flags.seed > 0x7fffffff) throw new UsageError(`--seed: expected at most 2147483647, found ${flags.seed}`);
    const settings = {
      events: flags.events,
      vcpus: flags.vcpus,
      devices: flags.devices,
      seed: flags.seed,
      era: parseKernel('--kernel', flags.kernel),
      parameters: parametersOf(workload, flags.set ?? []),
    };
    await saveTrace(generateTrace(workload, settings), args.out, { format: flags.to });
  }
}
