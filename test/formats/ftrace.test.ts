/**
 * Does ftrace text become the submissions that the driver made, in every printer's layout, with every loss told?
 */
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/formats/open-recording.js';
import { EventFlag, EventKind } from '../../src/trace/events.js';
import { callText, eventLine, PRINTERS, type Printer, RETURN_TEXT } from '../support/ftrace-lines.js';
import { failureOf, messageOf, readContent, rowsOf, tracePath } from '../support/traces.js';

const NH_VA = ['0x3000000200012', '0xfffdc701'];
const ASID = ['0x4000000000011', '0x0'];
const call = (us: number, text: string, more: object = {}, printer: Printer = 'trace') =>
  eventLine(printer, { event: 'smmu_cmdq', text, us, ...more });
const back = (us: number, more: object = {}, printer: Printer = 'trace') =>
  eventLine(printer, { event: 'smmu_cmdq_ret', text: RETURN_TEXT, us, ...more });

/** Kind, time in µs, vCPU of every row. */
async function shapeOf(text: string, options = {}) {
  const { batches, trace } = await readContent(text, { format: 'ftrace', ...options });
  const rows = rowsOf(batches).map(({ kind, timeNs, vcpu }) => [kind, timeNs / 1000, vcpu]);
  return { rows, statistics: trace.statistics };
}

describe.each(PRINTERS)('%s', (printer) => {
  it.each([false, true])('one call is one submission, words exact (array: %s)', async (array) => {
    const text =
      call(1_000_000, callText([...NH_VA, ...ASID], { array }), { cpu: 1 }, printer) +
      back(1_000_022, { cpu: 1 }, printer);
    const { batches, trace } = await readContent(text);
    const rows = rowsOf(batches);
    expect(trace.statistics).toMatchObject({ format: 'ftrace', timeBase: 'clock', lossy: [], foreignLines: 0 });
    expect(rows.map(({ kind, timeNs, vcpu }) => [kind, timeNs, vcpu])).toEqual([
      [EventKind.Cmd, 0, 1],
      [EventKind.Cmd, 0, 1],
      [EventKind.Cmd, 0, 1],
      [EventKind.Doorbell, 0, 1],
      [EventKind.SyncDone, 22_000, 1],
    ]);
    expect(rows[0]).toMatchObject({
      cmd0Low: 0x00200012,
      cmd0High: 0x30000,
      cmd1Low: 0xfffdc701,
      cmd1High: 0,
      flags: 0,
    });
    expect(rows[1]).toMatchObject({ cmd0Low: 0x11, cmd0High: 0x40000, cmd1Low: 0, flags: 0 });
    expect(rows[2]).toMatchObject({ cmd0Low: 0x46, cmd0High: 0, flags: EventFlag.Reconstructed });
  });

  it('maps and unmaps become rows with the page sizes that the kernel chose', async () => {
    const text =
      eventLine(printer, {
        event: 'map',
        us: 5,
        text: 'IOMMU: iova=0x00000000ffbff000 - 0x0000000100001000 paddr=0x0000000083dff000 size=4202496',
      }) +
      eventLine(printer, {
        event: 'unmap',
        us: 6,
        text: 'IOMMU: iova=0x00000000ffbff000 - 0x0000000100001000 size=4202496 unmapped_size=4202496',
      });
    const { batches } = await readContent(text, { format: 'ftrace' });
    const of = (kind: number) =>
      rowsOf(batches)
        .filter((row) => row.kind === kind)
        .map(({ iovaPage, pages, pageSizeLog2 }) => [iovaPage, pages, pageSizeLog2]);
    const expected = [
      [0xffbff, 1, 12],
      [0xffc00, 2, 21],
      [0x100000, 1, 12],
    ];
    expect(of(EventKind.Map)).toEqual(expected);
    expect(of(EventKind.Unmap)).toEqual(expected);
  });
});

describe('submissions', () => {
  it('a bare CMD_SYNC and a submission without one', async () => {
    const { rows } = await shapeOf(
      call(10, callText([], { count: 0 })) +
        back(12) +
        call(20, callText(['0x800000001', '0x0'], { sync: 0 })) +
        back(21),
    );
    expect(rows).toEqual([
      [EventKind.Cmd, 0, 0],
      [EventKind.Doorbell, 0, 0],
      [EventKind.SyncDone, 2, 0],
      [EventKind.Cmd, 10, 0],
      [EventKind.Doorbell, 10, 0],
    ]);
  });

  it('returns belong to the latest open call of their task, on whatever CPU it returns', async () => {
    const { rows, statistics } = await shapeOf(
      call(10, callText(NH_VA), { cpu: 0, pid: 1 }) +
        call(11, callText(NH_VA), { cpu: 1, pid: 2 }) +
        call(12, callText(NH_VA), { cpu: 0, pid: 1, flags: 'd.h..' }) +
        back(13, { cpu: 0, pid: 1, flags: 'd.h..' }) +
        back(14, { cpu: 2, pid: 1 }) +
        back(15, { cpu: 1, pid: 2 }),
    );
    expect(rows.filter(([kind]) => kind === EventKind.SyncDone)).toEqual([
      [EventKind.SyncDone, 3, 0],
      [EventKind.SyncDone, 4, 0],
      [EventKind.SyncDone, 5, 1],
    ]);
    expect(statistics.lossy).toEqual([]);
  });

  it('idle tasks are told apart by their CPU', async () => {
    const idle = { task: '<idle>', pid: 0 };
    const { rows } = await shapeOf(
      call(1, callText(NH_VA), { ...idle, cpu: 0 }) +
        call(2, callText(NH_VA), { ...idle, cpu: 1 }) +
        back(3, { ...idle, cpu: 0 }) +
        back(4, { ...idle, cpu: 1 }),
    );
    expect(rows.filter(([kind]) => kind === EventKind.SyncDone)).toEqual([
      [EventKind.SyncDone, 2, 0],
      [EventKind.SyncDone, 3, 1],
    ]);
  });

  it('task names with spaces, brackets and a thread group', async () => {
    const text =
      call(1, callText(NH_VA), { task: 'a [7] b: c', cpu: 3 }).replace('-168 ', '-168 (    160) ') +
      back(2, { cpu: 3 });
    expect((await shapeOf(text)).rows.at(-1)).toEqual([EventKind.SyncDone, 1, 3]);
  });

  it('a clock that counts instead of telling seconds gives an order only', async () => {
    const text = call(1, callText(NH_VA)).replace(/0\.000001/, '4711') + back(1).replace(/0\.000001/, '4712');
    const { rows, statistics } = await shapeOf(text);
    expect(statistics.timeBase).toBe('order-only');
    expect(rows.map(([, us]) => us * 1000)).toEqual([0, 1, 2, 3]);
  });
});

describe('losses', () => {
  const whole = call(10, callText(NH_VA)) + back(12);
  it.each([
    ['CPU:0 [LOST 123 EVENTS]\n', 123],
    ['CPU:0 [LOST EVENTS]\n', 1],
    ['CPU:0 [17 EVENTS DROPPED]\n', 17],
    ['perf  1 [000]  0.000011: PERF_RECORD_LOST lost 9\n', 9],
  ])('%s', async (line, count) => {
    const { rows, statistics } = await shapeOf(
      whole + call(20, callText(NH_VA)) + line + back(5000) + whole.replace(/0\.0000/g, '1.0000'),
    );
    expect(statistics.lossy).toEqual([
      { line: 4, what: 'events lost by the recorder', count },
      { line: 3, what: 'submission whose return is not in the recording: no completion', count: 1 },
      { line: 5, what: 'return of a submission whose call is not in the recording: left out', count: 1 },
    ]);
    expect(rows.filter(([kind]) => kind === EventKind.SyncDone)).toHaveLength(2);
  });

  it('a ring buffer that wrapped', async () => {
    const { statistics } = await shapeOf(
      `# tracer: nop\n#\n# entries-in-buffer/entries-written: 100/250   #P:2\n${whole}`,
    );
    expect(statistics.lossy).toEqual([
      {
        line: 3,
        what: 'events overwritten in the ring buffer before it was read: the recording begins late',
        count: 150,
      },
    ]);
  });

  it('commands beyond the words of the probe', async () => {
    const text = call(1, callText(Array.from({ length: 8 }, () => NH_VA).flat(), { count: 20 })) + back(2);
    const { rows, statistics } = await shapeOf(text);
    expect(rows.filter(([kind]) => kind === EventKind.Cmd)).toHaveLength(9);
    expect(statistics.lossy).toEqual([
      { line: 1, what: 'command beyond the words that the probe captured: left out', count: 12 },
    ]);
  });

  it('a call whose return the kernel missed', async () => {
    const { rows, statistics } = await shapeOf(
      whole + call(20, callText(NH_VA)) + call(30, callText(NH_VA)) + back(33),
    );
    expect(rows.at(-1)).toEqual([EventKind.SyncDone, 23, 0]);
    expect(statistics.lossy).toEqual([
      { line: 3, what: 'submission whose return is not in the recording: no completion', count: 1 },
    ]);
  });

  it('a last line that is cut', async () => {
    const { rows, statistics } = await shapeOf(whole + call(20, callText(NH_VA)).slice(0, 140));
    expect(rows).toHaveLength(4);
    expect(statistics.lossy).toEqual([{ line: 3, what: 'last line is cut off: not read', count: 1 }]);
  });

  it.each([
    ['n=1 sync=2 c0=0x46 c1=0x0'],
    ['n=1 sync=1 c0=70 c1=0x0'],
    ['n=-1 sync=1'],
    ['n=1 c0=0x46 c1=0x0'],
    ['sync=1 c0=0x46 c1=0x0'],
    ['n=1 sync=1 c={0x46;0x0}'],
    ['n=1 sync=1 c0=0x11112222333344445 c1=0x0'],
  ])('malformed arguments: %s', async (args) => {
    const text = `${whole}${call(20, `(f+0x0/0x1) ${args}`)}`;
    expect(await failureOf(text)).toMatch(
      /^TraceFormatError: <stdin>:3: expected n=, sync= and two words per command, as a kprobe on arm_smmu_cmdq_issue_cmdlist shows them, found "/,
    );
    const { statistics } = await shapeOf(text, { lenient: true });
    expect(statistics).toMatchObject({
      skippedRows: 1,
      lossy: [{ line: 3, what: 'malformed smmu_cmdq line: skipped', count: 1 }],
    });
  });
});

describe('event names', () => {
  const mine = (call(10, callText(NH_VA)) + back(12))
    .replaceAll('smmu_cmdq_ret:', 'leave:')
    .replaceAll('smmu_cmdq:', 'enter:');

  it('are an option', async () => {
    const { rows } = await shapeOf(mine, { ftraceEvents: 'cmdq=kprobes:enter, cmdq-ret=leave' });
    expect(rows.map(([kind]) => kind)).toEqual([EventKind.Cmd, EventKind.Cmd, EventKind.Doorbell, EventKind.SyncDone]);
  });

  it('that are not known are named', async () => {
    expect(await failureOf(mine)).toBe(
      'TraceFormatError: <stdin>: expected one of the events smmu_cmdq, smmu_cmdq_ret, vtd_qi, qi_submit, vtd_qi_ret, qi_submit_ret, ' +
        'map, unmap (other names: --ftrace-events cmdq=NAME,cmdq-ret=NAME), found only others: enter, leave',
    );
  });

  it.each([
    ['cmd=a', 'unknown role cmd; did you mean cmdq? known: cmdq, cmdq-ret, qi, qi-ret, map, unmap'],
    ['cmdq', 'expected ROLE=EVENT separated by commas, found "cmdq"'],
    ['cmdq=a,cmdq=b', 'expected every role once, found "a second cmdq"'],
    ['cmdq=a,qi=a', 'expected every event in one role, found "a for cmdq and qi"'],
    ['cmdq=', 'expected the name of an event for cmdq, found ""'],
  ])('%s', async (ftraceEvents, sentence) => {
    const path = tracePath('rebind-strict.ftrace.txt.xz');
    expect(await messageOf(() => openRecording(path, { ftraceEvents }))).toBe(
      `UsageError: --ftrace-events: ${sentence}`,
    );
  });

  it('are refused for another format', async () => {
    const path = tracePath('csv/strict-unmap.csv');
    expect(await messageOf(() => openRecording(path, { ftraceEvents: 'cmdq=a' }))).toBe(
      'UsageError: --ftrace-events: expected an ftrace recording, found format csv',
    );
  });
});
