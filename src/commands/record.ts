/** `smmuscope record`: how to record a trace. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { UsageError } from '../trace/errors.js';

export default class Record extends BaseCommand {
  static override summary = 'How to record a trace: command lines, events, kprobes.';
  static override description =
    'qemu: the command line of an emulated guest whose IOMMU logs every command and translation. ftrace: a script for the guest, with kprobes on the driver that capture raw commands. bpftrace: the same as a bpftrace program. The text can be saved and run; what it records, this tool reads without any option.';
  static override examples = [
    { description: 'Kprobes for the guest’s kernel:', command: '<%= config.bin %> record ftrace --kernel 6.12' },
    {
      description: 'An emulated VT-d with ATS, the source of real device-TLB invalidations:',
      command: '<%= config.bin %> record qemu --arch x86_64 --ats',
    },
  ];
  static override args = {
    tool: Args.string({
      description: 'qemu, ftrace or bpftrace',
      required: true,
      options: ['qemu', 'ftrace', 'bpftrace'],
    }),
  };
  static override flags = {
    kernel: Flags.string({
      helpValue: 'VERSION',
      description: 'Linux version of the guest: the driver’s function has other arguments from 6.12 on',
      default: '6.12',
    }),
    arch: Flags.option({ options: ['arm64', 'x86_64'] as const })({
      description: 'guest: arm64 with an SMMUv3, or x86_64 with a VT-d IOMMU',
      default: 'arm64',
    }),
    'qemu-version': Flags.string({
      helpValue: 'VERSION',
      description: 'QEMU that runs the guest: its event names and time stamps',
      default: '10.0',
    }),
    ats: Flags.boolean({ description: 'devices with ATS (x86_64 only: the emulated SMMUv3 has none)' }),
    lazy: Flags.boolean({ description: 'guest with the flush queue, iommu.strict=0, instead of strict unmaps' }),
    commands: Flags.integer({
      helpValue: 'N',
      description: 'commands whose words a probe captures of each call (bpftrace and x86_64: at most 8)',
      default: 8,
      min: 1,
      max: 32,
    }),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'write the text to this file; - is standard output',
    }),
  };

  /** Flags → recipe → text. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Record);
    const { openOutput } = await import('../cli/output.js');
    const { recipeByName } = await import('../record/registry.js');
    if (flags.ats && flags.arch === 'arm64') {
      throw new UsageError(
        '--ats: expected --arch x86_64 beside it, found arm64 (the emulated SMMUv3 has no ATS; replay --guest-ats inserts ATC_INVs)',
      );
    }
    const text = recipeByName(args.tool).text({
      kernel: parseVersion('--kernel', flags.kernel),
      arch: flags.arch,
      qemu: parseVersion('--qemu-version', flags['qemu-version']),
      ats: flags.ats,
      lazy: flags.lazy,
      commands: flags.commands,
    });
    const output = openOutput(flags.output);
    try {
      await output.commit(text);
    } finally {
      output.discard();
    }
  }
}

/** @throws UsageError for anything but a version */
function parseVersion(flag: string, text: string): [number, number] {
  const match = /^v?(\d+)\.(\d+)(?:[.\-+].*)?$/.exec(text);
  if (match === null) throw new UsageError(`${flag}: expected a version such as 6.12, found ${JSON.stringify(text)}`);
  return [Number(match[1]), Number(match[2])];
}
