/**
 * Is a recording whose clock runs back refused, or cut and that said, in every format, while lines that only waited for a
 * lock stay (facts N26 §F5)?
 */
import { describe, expect, it } from 'vitest';
import { CUT_NOTE } from '../../src/formats/clock-order.js';
import { writerByName } from '../../src/formats/output-registry.js';
import { writerContext } from '../../src/formats/writer.js';
import type { EventBatch } from '../../src/trace/events.js';
import { simpleTraceOf } from '../support/simple-trace.js';
import { failureOf, readContent, rowsOf, traceText } from '../support/traces.js';

const QUESTION = 'two recordings in one file, or a clock that was set back?';
const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x9 size: 0x4(0)';
const LINES = 400;

/** The first lines of a recording; the times among them span more than the shortest of bounds. */
const head = async (name: string, lines = LINES) => `${(await traceText(name)).split('\n', lines).join('\n')}\n`;

async function written(batches: readonly EventBatch[], format: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const all = (async function* () {
    yield* batches;
  })();
  for await (const piece of writerByName(format).write(all, writerContext())) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

const converted = async (content: string, format: string) => written((await readContent(content)).batches, format);

const TEXTS: [format: string, content: () => Promise<string | Buffer>][] = [
  ['qemu-log', () => head('rebind-strict.qemu-7.2.log.xz')],
  ['qemu-log of an accelerated vSMMU, ISO times', () => head('nested-strict.qemu-11.log.xz')],
  ['qemu-vtd-log', () => head('vtd-rebind-4ats-k61.qemu-7.2.log.xz')],
  ['ftrace', () => head('rebind-strict.ftrace.txt.xz')],
  ['csv', async () => converted(await head('rebind-strict.ftrace.txt.xz'), 'csv')],
  ['jsonl', async () => converted(await head('rebind-strict.ftrace.txt.xz'), 'jsonl')],
];

describe.each(TEXTS)('%s, concatenated with itself', (format, content) => {
  it('is refused in a sentence with both times, or cut where it begins again', async () => {
    const once = Buffer.from(await content());
    const again = format === 'csv' ? once.subarray(once.indexOf('\n') + 1) : once;
    const twice = Buffer.concat([once, again]);
    expect(await failureOf(twice)).toMatch(
      /^TraceFormatError: <stdin>:\d+: expected .*\d.*, found [\d.]+( s)?: two recordings in/,
    );
    const { batches, trace } = await readContent(twice, { lenient: true });
    expect(rowsOf(batches)).toEqual(rowsOf((await readContent(once)).batches));
    expect(trace.statistics.lossy.map(({ what }) => what)).toContain(CUT_NOTE);
    expect(trace.statistics.skippedRows).toBe(0);
  });
});

it('rows of an Arrow table whose clock runs back are refused, or cut', async () => {
  const { batches } = await readContent(await head('rebind-strict.ftrace.txt.xz'));
  const [{ timeNs, count }] = batches;
  for (let row = 0; row < count / 2; row++) timeNs[row] += 2e9;
  const file = await written(batches, 'arrow');
  expect(await failureOf(file)).toContain(QUESTION);
  const { trace } = await readContent(file, { lenient: true });
  expect(trace.statistics.lossy).toEqual([
    { line: Math.ceil(count / 2) + 1, what: CUT_NOTE, count: Math.floor(count / 2) },
  ]);
});

it('a simple trace is held to the same bound', async () => {
  const log = [`1@9.000000:${PROD}`, `1@19.000000:${PROD}`, `1@17.000000:${PROD}`, `1@20.000000:${PROD}`].join('\n');
  const { batches, trace } = await readContent(simpleTraceOf(`${log}\n`, '10.x'), { lenient: true });
  expect(rowsOf(batches)).toHaveLength(2);
  expect(trace.statistics.lossy.map(({ what, count }) => [what, count])).toEqual([[CUT_NOTE, 2]]);
});

describe('the bound', () => {
  const read = (...seconds: string[]) => readContent(seconds.map((time) => `1@${time}:${PROD}\n`).join(''));

  it.each([
    ['a second back is a wait for a lock', ['9.000000', '11.500000', '10.500000']],
    ['so is the first stamp within a millisecond', ['9.000000', '9.001000', '9.000000']],
    ['and a time before the first', ['9.000000', '9.500000', '8.900000']],
  ])('%s', async (_, seconds) => {
    const { trace } = await read(...seconds);
    expect(trace.statistics.lossy.map(({ what }) => what)).toEqual([
      'time ran backwards: the line takes the time of the line before',
    ]);
  });

  it.each([
    ['more than a second is another recording', ['9.000000', '11.500000', '10.499999']],
    ['so is the first stamp after more than a millisecond', ['9.000000', '9.001001', '9.000000']],
  ])('%s', async (_, seconds) => {
    await expect(read(...seconds)).rejects.toThrow(QUESTION);
  });

  it('does not touch a log without time stamps, nor a clock that goes on after a reset of the machine', async () => {
    const bare = `${PROD}\n`.repeat(3);
    expect((await readContent(bare + bare)).trace.statistics.lossy).toEqual([]);
    const reset = `1@9.000000:${PROD}\n1@99.000000:smmu_reset_exit \n1@99.000001:${PROD}\n`;
    expect((await readContent(reset)).trace.statistics.lossy).toEqual([]);
  });
});
