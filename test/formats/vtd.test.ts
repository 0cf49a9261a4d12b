/**
 * Are VT-d descriptors the SMMUv3 commands that docs/recording.md names, in submissions as the guest made them, and do the
 * lines of QEMU's log become the translations that it made?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DescriptorTranslator, Translation } from '../../src/formats/vtd/descriptor.js';
import { decodeCommand } from '../../src/trace/command.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import { EventKind, Outcome } from '../../src/trace/events.js';
import { opcodeKey } from '../../src/trace/opcodes.js';
import { failureOf, readContent, readTrace, rowsOf, tracePath, traceText } from '../support/traces.js';

/** The command of the descriptor `low`, `high`: name, fields. */
function commandOf(low: bigint, high: bigint): [string, Record<string, number>] {
  const translator = new DescriptorTranslator();
  const half = (word: bigint, shift: bigint) => Number((word >> shift) & 0xffffffffn);
  expect(translator.translate(half(low, 0n), half(low, 32n), half(high, 0n), half(high, 32n))).toBe(
    Translation.Command,
  );
  const { c0Low, c0High, c1Low, c1High } = translator;
  const { OP, ...fields } = decodeCommand([c0Low >>> 0, c0High >>> 0, c1Low >>> 0, c1High >>> 0]);
  const set = Object.entries(fields).filter(([, value]) => value !== 0);
  return [opcodeKey(OP ?? 0), Object.fromEntries(set)];
}

describe('descriptors', () => {
  it.each([
    ['context cache, global', 0x11n, 0x0n, 'CFGI_STE_RANGE', { RANGE: 31 }],
    ['context cache, domain', 0x60021n, 0x0n, 'CFGI_CD', {}],
    ['context cache, device', 0x10000090031n, 0x0n, 'CFGI_STE', { SID: 0x100 }],
    ['context cache, all functions', 0x3010100090031n, 0x0n, 'CFGI_STE_RANGE', { SID: 0x100, RANGE: 2 }],
    ['IOTLB, global', 0xd2n, 0x0n, 'TLBI_NSNH_ALL', {}],
    ['IOTLB, domain', 0x600e2n, 0x0n, 'TLBI_NH_ASID', { ASID: 6 }],
    ['IOTLB, one page', 0x900f2n, 0xffffa000n, 'TLBI_NH_VA', { ASID: 9, ADDR: 0xffffa }],
    ['IOTLB, one page, leaf', 0x600f2n, 0xffffa040n, 'TLBI_NH_VA', { ASID: 6, ADDR: 0xffffa, LEAF: 1 }],
    ['IOTLB, 2^3 pages', 0xffff00f2n, 0xffffa003n, 'TLBI_NH_VA', { ASID: 0xffff, ADDR: 0xffff8, TG: 1, SCALE: 3 }],
    ['device TLB, one page', 0x10000000003n, 0xffffa000n, 'ATC_INV', { SID: 0x100, ADDR: 0xffffa }],
    ['device TLB, two pages', 0x10000000003n, 0xffffa001n, 'ATC_INV', { SID: 0x100, ADDR: 0xffffa, SIZE: 1 }],
    ['device TLB, 16 pages', 0x10000000003n, 0xffff7001n, 'ATC_INV', { SID: 0x100, ADDR: 0xffff0, SIZE: 4 }],
    ['device TLB, everything', 0x10200000003n, 0x7ffffffffffff001n, 'ATC_INV', { SID: 0x102, SIZE: 52 }],
    ['wait', 0x200000025n, 0x10b0f804n, 'SYNC', {}],
  ] as const)('%s', (_, low, high, name, fields) => {
    expect(commandOf(low, high)).toEqual([name, fields]);
  });

  it('of more pages than a range command can name become the whole domain', () => {
    const translator = new DescriptorTranslator();
    translator.translate(0x600f2, 0, 40, 0);
    expect([translator.c0Low, translator.isWidened]).toEqual([0x11, true]);
  });

  it('without a counterpart are left out and noted', async () => {
    const text =
      'vtd_inv_qi_tail write tail 2\nvtd_inv_desc invalidate desc type iec high 0x0 low 0x4\n' +
      'vtd_inv_desc invalidate desc type pasid high 0x0 low 0x7\nvtd_inv_desc invalidate desc type wait high 0x0 low 0x25\n';
    const { trace } = await readContent(text);
    expect(trace.statistics).toMatchObject({
      translatedCommands: 1,
      lossy: [
        { line: 2, what: 'interrupt entry cache descriptor: an SMMU has no such cache, left out', count: 1 },
        { line: 3, what: 'VT-d descriptor of a type without a translation: left out', count: 1 },
      ],
    });
  });
});

const TAIL = '5@10.000100:vtd_inv_qi_tail write tail 4\n';
const DESCRIPTORS =
  '5@10.000105:vtd_inv_desc invalidate desc type iotlb high 0xffffa000 low 0x900f2\n' +
  '5@10.000107:vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x9 addr 0xffffa000 mask 0x0\n' +
  '5@10.000110:vtd_inv_desc invalidate desc type wait high 0x10b0f804 low 0x200000025\n';
const HIT = '4@10.000200:vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xfffff002 slpte 0x109a5003 domain 0x8\n';
const UPDATE =
  '4@10.000300:vtd_iotlb_cc_hit IOTLB context hit bus 0x1 devfn 0x0 high 0x801 low 0x214a005 gen 1\n' +
  '4@10.000301:vtd_iotlb_page_update IOTLB page update sid 0x100 iova 0xffe12345 slpte 0x109a4003 domain 0x8\n';
const RESULT = (mask: string) =>
  `4@10.000303:vtd_dmar_translate dev 01:00.00 iova 0xffe00000 -> gpa 0x109a4000 mask ${mask}\n`;

describe('log lines', () => {
  it('a submission bears the time at which its first descriptor was fetched, and its doorbell follows its commands', async () => {
    const { batches, trace } = await readContent(TAIL + DESCRIPTORS + HIT);
    expect(rowsOf(batches).map(({ kind, timeNs, vcpu }) => [kind, timeNs, vcpu])).toEqual([
      [EventKind.Cmd, 5000, 0],
      [EventKind.Cmd, 5000, 0],
      [EventKind.Doorbell, 5000, 0],
      [EventKind.Dma, 100_000, -1],
    ]);
    expect(trace.statistics).toMatchObject({ format: 'qemu-vtd-log', translatedFrom: 'VT-d', lossy: [] });
  });

  it('without tail lines every wait ends a submission', async () => {
    const { batches } = await readContent(DESCRIPTORS + DESCRIPTORS);
    const kinds = rowsOf(batches).map(({ kind }) => kind);
    expect(kinds).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('a translation takes its outcome from the lookup and its page size from the result', async () => {
    const { batches } = await readContent(HIT + RESULT('0xfff') + UPDATE + RESULT('0x1fffff') + HIT + DESCRIPTORS);
    const rows = rowsOf(batches).filter(({ kind }) => kind === EventKind.Dma);
    expect(rows).toMatchObject([
      { sid: 0x100, asid: 8, iovaPage: 0xfffff, iovaOffset: 2, pageSizeLog2: 12, outcome: Outcome.Hit, flags: 0 },
      { iovaPage: 0xffe12, iovaOffset: 0x345, pageSizeLog2: 21, outcome: Outcome.Miss, flags: 16 },
      { pageSizeLog2: 0, outcome: Outcome.Hit, flags: 0 },
    ]);
  });

  it('a fault is a translation that fills nothing', async () => {
    const fault = '4@10.000400:vtd_dmar_fault sid 0x101 fault 2 addr 0x12345678 write 1\n';
    const { batches } = await readContent(fault);
    expect(rowsOf(batches)).toMatchObject([
      { sid: 0x101, iovaPage: 0x12345, iovaOffset: 0x678, outcome: Outcome.Fault, access: 2 },
    ]);
  });

  it.each([
    'vtd_inv_qi_tail write tail x',
    'vtd_inv_desc invalidate desc type iotlb high 0x0 low 0x11112222333344445',
    'vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xfffff002 slpte 0x109a5003 domain 0x10000',
    'vtd_dmar_translate dev 01:00.00 iova 0xfffff000 -> gpa 0x109a5000 mask 0xffe',
  ])('malformed: %s', async (line) => {
    expect(await failureOf(`${TAIL}${line}\n`)).toBe(
      `TraceFormatError: <stdin>:2: expected the arguments that QEMU prints for ${line.split(' ')[0]}, found "${line}"`,
    );
  });
});

describe('damage', () => {
  it('to any byte of any line ends in events or a TraceFormatError', async () => {
    const lines = (await traceText('vtd-onedomain-head.qemu-7.2.log.xz')).split('\n').slice(0, 2000);
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (from, changes, lenient) => {
          const first = from % lines.length;
          const bytes = Buffer.from(`${lines.slice(first, first + 40).join('\n')}\n`, 'latin1');
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            const { batches } = await readContent(bytes, { format: 'qemu-vtd-log', lenient });
            for (const batch of batches) {
              expect(batch.timeNs.subarray(0, batch.count).every(Number.isSafeInteger)).toBe(true);
            }
          } catch (error) {
            if (!(error instanceof TraceFormatError)) throw error;
          }
        },
      ),
      { numRuns: 400, seed: 5 },
    );
  });

  it('by a cut anywhere is told', async () => {
    const { trace } = await readContent((TAIL + DESCRIPTORS).slice(0, -5));
    expect(trace.statistics.lossy).toEqual([{ line: 4, what: 'last line is cut off: not read', count: 1 }]);
  });
});

describe('a recorded log', () => {
  it('in chunks of 64 bytes gives identical events', async () => {
    const path = tracePath('vtd-onedomain-head.qemu-7.2.log.xz');
    const whole = await readTrace(path);
    const pieces = await readTrace(path, { chunkBytes: 64 });
    expect(pieces.batches).toEqual(whole.batches);
    expect(whole.trace.statistics).toMatchObject({ format: 'qemu-vtd-log', foreignLines: 0, lossy: [] });
  });
});
