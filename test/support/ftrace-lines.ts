/** Lines of ftrace recordings in the layouts of their three printers. */

/** How a line begins in the kernel's trace file, in `trace-cmd report` and in `perf script`. */
export const PRINTERS = ['trace', 'trace-cmd', 'perf'] as const;
export type Printer = (typeof PRINTERS)[number];

/** One event line; time in µs. */
export function eventLine(
  printer: Printer,
  {
    event,
    text,
    us,
    cpu = 0,
    task = 'fio',
    pid = 168,
    flags = 'd....',
  }: {
    event: string;
    text: string;
    us: number;
    cpu?: number;
    task?: string;
    pid?: number;
    flags?: string;
  },
): string {
  const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
  const core = `[${String(cpu).padStart(3, '0')}]`;
  switch (printer) {
    case 'trace':
      return `${`${task}-${pid}`.padStart(20)}    ${core} ${flags} ${time.padStart(12)}: ${event}: ${text}\n`;
    case 'trace-cmd':
      return `${`${task}-${pid}`.padStart(20)}    ${core} ${time.padStart(12)}: ${`${event}:`.padEnd(20)} ${text}\n`;
    default:
      return `${task.padStart(16)} ${String(pid).padStart(5)} ${core} ${time.padStart(12)}: kprobes:${event}: ${text}\n`;
  }
}

/** Arguments of the probe at the entry: the words as separate arguments, or as one array; words behind them are garbage. */
export function callText(words: readonly string[], { sync = 1, array = false, count = words.length / 2 } = {}): string {
  const padded = [...words, ...Array.from({ length: 16 - words.length }, () => '0xffff80000832b3d0')];
  const shown = array ? `c={${padded.join(',')}}` : padded.map((word, index) => `c${index}=${word}`).join(' ');
  return `(arm_smmu_cmdq_issue_cmdlist+0x0/0x72c) n=${count} sync=${sync} ${shown}`;
}

/** Arguments of the probe at the return. */
export const RETURN_TEXT = '(__arm_smmu_tlb_inv_range+0xec/0x1a0 <- arm_smmu_cmdq_issue_cmdlist) ret=0';
