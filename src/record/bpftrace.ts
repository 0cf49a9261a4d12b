/**
 * The same events as the ftrace recipe by bpftrace, printed in the form of an ftrace text, so that the same reader opens
 * it. For guests without a writable tracing folder; costlier per event than ftrace.
 */
import {
  cmdlistArguments,
  kernelArguments,
  kernelCaveat,
  MOST_SINGLE_COMMANDS,
  type RecordRecipe,
  type RecordSettings,
  versionText,
} from './recipe.js';

const DESCRIPTOR_BYTES = 32;

/** What an ftrace line begins with: task, CPU, flags (not known here), seconds of the monotonic clock. */
const PREFIX = '%16s-%d [%03d] ..... %d.%06d: ';
const PREFIX_ARGUMENTS = 'comm, tid, cpu, nsecs / 1000000000, (nsecs % 1000000000) / 1000';

interface Call {
  readonly probe: string;
  readonly event: string;
  readonly function: string;
  readonly formats: readonly string[];
  readonly values: readonly string[];
}

function call(settings: RecordSettings): Call {
  const count = Math.min(settings.commands, MOST_SINGLE_COMMANDS);
  const words = Array.from({ length: count }, (_, i) => i);
  if (settings.arch === 'arm64') {
    const { cmds, n, sync } = cmdlistArguments(settings.kernel);
    const at = (word: number) => `*(uint64*)(arg${cmds} + ${word * 8})`;
    return {
      probe: 'arm_smmu_cmdq_issue_cmdlist',
      event: 'smmu_cmdq',
      function: 'arm_smmu_cmdq_issue_cmdlist',
      formats: ['n=%d', 'sync=%d', ...words.flatMap((i) => [`c${2 * i}=0x%lx`, `c${2 * i + 1}=0x%lx`])],
      values: [`(int32)arg${n}`, `arg${sync} & 0xff`, ...words.flatMap((i) => [at(2 * i), at(2 * i + 1)])],
    };
  }
  const at = (descriptor: number, offset: number) => `*(uint64*)(arg1 + ${descriptor * DESCRIPTOR_BYTES + offset})`;
  return {
    probe: 'qi_submit_sync',
    event: 'vtd_qi',
    function: 'qi_submit_sync',
    formats: ['count=%d', 'options=0x%lx', ...words.flatMap((i) => [`d${i}lo=0x%lx`, `d${i}hi=0x%lx`])],
    values: ['(uint32)arg2', 'arg3', ...words.flatMap((i) => [at(i, 0), at(i, 8)])],
  };
}

/** A probe that prints one ftrace line. */
function printing(probe: string, event: string, format: string, values: readonly string[]): string[] {
  const rest = values.length === 0 ? '' : `,\n    ${values.join(', ')}`;
  return [`${probe} {`, `  printf("${PREFIX}${event}: ${format}\\n",`, `    ${PREFIX_ARGUMENTS}${rest});`, '}'];
}

function text(settings: RecordSettings): string {
  const { probe, event, function: name, formats, values } = call(settings);
  return [
    '#!/usr/bin/env bpftrace',
    `// Run as root in the guest (kernel ${versionText(settings.kernel)}, ${settings.arch}):`,
    '//   BPFTRACE_PERF_RB_PAGES=4096 bpftrace record.bt > trace.txt',
    '//   smmuscope inspect trace.txt',
    `// Kernel command line: ${kernelArguments(settings)}`,
    '// "Lost … events" on stderr means that the trace has holes: use more pages, or the ftrace recipe.',
    '// Each CPU has a buffer of its own: lines of different CPUs may change places by some microseconds.',
    ...kernelCaveat(settings.kernel).map((line) => `// ${line}`),
    'BEGIN { printf("# tracer: nop\\n#\\n"); }',
    ...printing(`kprobe:${probe}`, event, `(${name}+0x0/0x0) ${formats.join(' ')}`, values),
    ...printing(`kretprobe:${probe}`, `${event}_ret`, `(0x0 <- ${name}) ret=%d`, ['(int32)retval']),
    ...printing('tracepoint:iommu:map', 'map', 'IOMMU: iova=0x%016lx - 0x%016lx paddr=0x%016lx size=%lu', [
      'args.iova',
      'args.iova + args.size',
      'args.paddr',
      'args.size',
    ]),
    ...printing('tracepoint:iommu:unmap', 'unmap', 'IOMMU: iova=0x%016lx - 0x%016lx size=%lu unmapped_size=%lu', [
      'args.iova',
      'args.iova + args.size',
      'args.size',
      'args.unmapped_size',
    ]),
    '',
  ].join('\n');
}

export const bpftraceRecipe: RecordRecipe = {
  name: 'bpftrace',
  summary: 'the same by bpftrace, printed as an ftrace text',
  text,
};
