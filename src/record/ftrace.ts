/**
 * Guest ftrace: a kprobe with the raw command words, a kretprobe that ends the call (the pair is the latency that the
 * guest saw), and the iommu tracepoints (maps, unmaps, attaches).
 */
import {
  cmdlistArguments,
  kernelArguments,
  kernelCaveat,
  MOST_COMMANDS,
  MOST_SINGLE_COMMANDS,
  type RecordRecipe,
  type RecordSettings,
  versionText,
} from './recipe.js';

/** Bytes of one command of the SMMUv3, and of one descriptor of VT-d (its first 16 are used). */
const COMMAND_BYTES = 16;
const DESCRIPTOR_BYTES = 32;

/** Kprobe definitions, one per line of kprobe_events. */
export function kprobes(settings: RecordSettings): string[] {
  return settings.arch === 'arm64' ? smmuProbes(settings) : vtdProbes(settings);
}

function smmuProbes({ kernel, commands }: RecordSettings): string[] {
  const { cmds, n, sync } = cmdlistArguments(kernel);
  const words =
    commands <= MOST_SINGLE_COMMANDS
      ? Array.from({ length: commands * 2 }, (_, i) => `c${i}=+${i * 8}(%x${cmds}):x64`).join(' ')
      : `c=+0(%x${cmds}):x64[${Math.min(commands, MOST_COMMANDS) * 2}]`;
  return [
    `p:smmu_cmdq arm_smmu_cmdq_issue_cmdlist n=%x${n}:s32 sync=%x${sync}:u8 ${words}`,
    'r:smmu_cmdq_ret arm_smmu_cmdq_issue_cmdlist ret=$retval:s32',
  ];
}

function vtdProbes({ commands }: RecordSettings): string[] {
  const count = Math.min(commands, MOST_SINGLE_COMMANDS);
  const words = Array.from({ length: count }, (_, i) => {
    const at = i * DESCRIPTOR_BYTES;
    return `d${i}lo=+${at}(%si):x64 d${i}hi=+${at + COMMAND_BYTES / 2}(%si):x64`;
  });
  return [
    `p:vtd_qi qi_submit_sync count=%dx:u32 options=%cx:x64 ${words.join(' ')}`,
    'r:vtd_qi_ret qi_submit_sync ret=$retval:s32',
  ];
}

function text(settings: RecordSettings): string {
  const probes = kprobes(settings);
  const [call, ret] = probes.map((probe) => probe.slice(2, probe.indexOf(' ')));
  const driver = settings.arch === 'arm64' ? 'arm_smmu_cmdq_issue_cmdlist' : 'qi_submit_sync';
  const captured = Math.min(settings.commands, settings.arch === 'arm64' ? MOST_COMMANDS : MOST_SINGLE_COMMANDS);
  return [
    '#!/bin/sh',
    `# Run as root in the guest (kernel ${versionText(settings.kernel)}, ${settings.arch}), then open the file with:`,
    '#   smmuscope inspect trace.txt',
    `# Kernel command line: ${kernelArguments(settings)}`,
    `# Needs CONFIG_KPROBE_EVENTS, and ${driver} must not be inlined:`,
    `#   grep -w ${driver} /proc/kallsyms`,
    `# Of each call the first ${captured} commands are captured; what lies behind them in memory means nothing.`,
    ...kernelCaveat(settings.kernel).map((line) => `# ${line}`),
    'set -e',
    'here=$(pwd)',
    'cd /sys/kernel/tracing',
    'echo 0 > tracing_on',
    'echo mono > trace_clock',
    'echo 65536 > buffer_size_kb',
    'echo > trace',
    ...probes.map((probe, at) => `echo '${probe}' ${at === 0 ? '>' : '>>'} kprobe_events`),
    `for event in kprobes/${call} kprobes/${ret} iommu/map iommu/unmap iommu/add_device_to_group \\`,
    `    iommu/remove_device_from_group iommu/attach_device_to_domain; do`,
    '  echo 1 > events/$event/enable',
    'done',
    'echo 1 > tracing_on',
    '(cd "$here" && "$@")    # the workload: sh record.sh fio job.fio',
    'echo 0 > tracing_on',
    'cat trace > /tmp/trace.txt',
    '# Anything but 0 here was lost: make buffer_size_kb larger.',
    "grep -H -E 'overrun|dropped' per_cpu/cpu*/stats",
    'for event in kprobes iommu; do echo 0 > events/$event/enable; done',
    'echo > kprobe_events',
    '',
  ].join('\n');
}

export const ftraceRecipe: RecordRecipe = {
  name: 'ftrace',
  summary: 'kprobes and tracepoints in the guest: raw commands, latencies, maps and unmaps',
  text,
};
