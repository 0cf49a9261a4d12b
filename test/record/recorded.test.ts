/** Record tier: is what the recipes record read back without any option, with the commands that were captured? */
import { describe, expect, it } from 'vitest';
import { bpftraceRecipe } from '../../src/record/bpftrace.js';
import { kprobes } from '../../src/record/ftrace.js';
import type { RecordSettings } from '../../src/record/recipe.js';
import { readContent, summaryOf } from '../support/traces.js';

const SETTINGS: RecordSettings = {
  kernel: [6, 12],
  arch: 'arm64',
  qemu: [10, 0],
  ats: false,
  lazy: false,
  commands: 2,
};

/** What the program reads of the kernel: an argument's text → its value. */
type Kernel = (expression: string) => string;

/** The line that each printf of `program` prints, 100 µs after the one before. */
function printed(program: string, kernel: Kernel): string {
  const calls = [...program.matchAll(/printf\("(%16s[^"]*)\\n",\s*([\s\S]*?)\);\n/g)];
  return calls
    .map(([, format, list], index) => {
      const values = list.split(/,\s+/).map((expression) => {
        if (expression === 'comm') return 'fio';
        if (expression === 'tid') return '168';
        if (expression === 'cpu') return '1';
        if (expression === 'nsecs / 1000000000') return '7';
        if (expression === '(nsecs % 1000000000) / 1000') return String(100 * (index + 1));
        return kernel(expression);
      });
      const line = format.replace(/%(0?)(\d*)(?:l?[dux]|s)/g, (_all, zero: string, width: string) =>
        (values.shift() ?? 'missing').padStart(Number(width), zero === '0' ? '0' : ' '),
      );
      expect(values).toEqual([]);
      return `${line}\n`;
    })
    .join('');
}

async function read(text: string) {
  const { trace, batches } = await readContent(text);
  return { statistics: trace.statistics, events: summaryOf(batches) };
}

/** What the descriptor of the x86 cases becomes. */
const ATC_INV = 'cmd v1 ATC_INV ADDR=0x10000 SID=8';
const BEGINNING = '# tracer: nop\n#\n';

describe('bpftrace', () => {
  it('prints what the ftrace reader reads: commands, completion, mappings', async () => {
    const words = ['3000000000011', '0', '4000000000011', '0'];
    const kernel: Kernel = (expression) => {
      if (expression.includes('*(uint64*)')) return words.shift() ?? '0';
      if (expression.startsWith('(int32)arg')) return '2';
      if (expression.startsWith('arg4')) return '1';
      return expression.includes('size') && !expression.includes('iova')
        ? '4096'
        : expression.includes('args')
          ? '30000'
          : '0';
    };
    const { statistics, events } = await read(BEGINNING + printed(bpftraceRecipe.text(SETTINGS), kernel));
    expect(statistics).toMatchObject({ format: 'ftrace', timeBase: 'clock', foreignLines: 0, lossy: [] });
    expect(events).toEqual([
      'cmd v1 TLBI_NH_ASID ASID=3',
      'cmd v1 TLBI_NH_ASID ASID=4',
      'cmd v1 SYNC',
      'doorbell v1',
      'sync-done v1',
      'map v-1',
      'unmap v-1',
    ]);
  });

  it('on x86 prints VT-d descriptors', async () => {
    // A device-TLB invalidation of requester 8, 4 KiB at 0x10000 (low word: type 3, requester id in bits 47:32).
    const words = ['800000003', '10000'];
    const kernel: Kernel = (expression) => {
      if (expression.includes('*(uint64*)')) return words.shift() ?? '0';
      if (expression.startsWith('(uint32)arg')) return '1';
      return expression.includes('size') && !expression.includes('iova') ? '4096' : '30000';
    };
    const text = bpftraceRecipe.text({ ...SETTINGS, arch: 'x86_64' });
    const { statistics, events } = await read(BEGINNING + printed(text, kernel));
    expect(statistics).toMatchObject({ format: 'ftrace', translatedFrom: 'VT-d', translatedCommands: 2 });
    expect(events.slice(0, 4)).toEqual([ATC_INV, 'cmd v1 SYNC', 'doorbell v1', 'sync-done v1']);
  });
});

describe('ftrace', () => {
  it.each(['arm64', 'x86_64'] as const)('names its %s probes as the reader expects them', async (arch) => {
    const events = kprobes({ ...SETTINGS, arch }).map((probe) => /^[pr]:(\S+) (\S+)/.exec(probe)?.slice(1) ?? []);
    const [call, ret] = events.map(([name]) => name);
    const words = arch === 'arm64' ? 'n=1 sync=1 c0=0x3000000000011 c1=0x0' : 'count=1 d0lo=0x800000003 d0hi=0x10000';
    const line = (us: number, event: string, text: string) =>
      `            fio-168     [001] d....     7.${String(us).padStart(6, '0')}: ${event}: ${text}\n`;
    const { events: seen } = await read(
      `${BEGINNING}${line(1, call, `(${events[0][1]}+0x0/0x72c) ${words}`)}${line(9, ret, `(0x0 <- ${events[0][1]}) ret=0`)}`,
    );
    expect(seen).toEqual([
      arch === 'arm64' ? 'cmd v1 TLBI_NH_ASID ASID=3' : ATC_INV,
      'cmd v1 SYNC',
      'doorbell v1',
      'sync-done v1',
    ]);
  });
});
