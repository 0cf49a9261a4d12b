/**
 * Can a CSV with other names and other delimiters be read, and is every mistake in saying so named?
 */
import { describe, expect, it } from 'vitest';
import { parseColumnMap } from '../../src/formats/csv/column-map.js';
import { failureOf, messageOf, readContent, readTrace, rowsOf, tracePath } from '../support/traces.js';

const MAP = ['time_ns=ts,event=what,vcpu=cpu,opcode=op,iova=addr', 'sid=stream', 'access=level', 'x_note=note'];
const PLAIN = 'time_ns,event,iova,sid\n1,dma,0x1000,8\n2,dma,0x2000,8\n';

describe('--csv-map', () => {
  it('reads a file of other names', async () => {
    const { trace, batches } = await readTrace(tracePath('csv/own-names.csv'), { csvMap: parseColumnMap(MAP) });
    expect(trace.statistics.format).toBe('csv');
    expect([...batches[0].timeNs.subarray(0, 6)]).toEqual([1000, 1010, 1020, 1900, 2500, 3100]);
    expect(rowsOf(batches)[5]).toMatchObject({ sid: 8, asid: 7, iovaPage: 0xfffff, iovaOffset: 0x80, access: 2 });
  });

  it('takes time as short for time_ns, in ns', () => {
    expect([...parseColumnMap(['time=ts'])]).toEqual([['ts', 'time_ns']]);
  });

  it('may give a known name another meaning', async () => {
    const csvMap = parseColumnMap(['sid=asid', 'asid=sid']);
    const { batches } = await readContent('time_ns,event,iova,sid,asid\n1,dma,0x1000,7,8\n', { csvMap });
    expect(rowsOf(batches)[0]).toMatchObject({ sid: 8, asid: 7 });
  });

  it.each([
    ['time_ns', 'UsageError: --csv-map: expected OURS=THEIRS such as time_ns=ts, found "time_ns"'],
    ['a=b=c', 'UsageError: --csv-map: expected OURS=THEIRS such as time_ns=ts, found "a=b=c"'],
    ['iov=addr', /unknown column iov; did you mean iova\?/],
    ['iova=a,iova=b', 'UsageError: --csv-map: expected every column once, found iova twice'],
    ['iova=a,sid=a', 'UsageError: --csv-map: expected every name once, found a twice'],
  ])('%s is refused', async (text, message) => {
    expect(await messageOf(async () => parseColumnMap([text]))).toMatch(message);
  });

  it('names what the file lacks, and is for CSV only', async () => {
    const csvMap = parseColumnMap(['time=when']);
    expect(await failureOf(PLAIN, { csvMap })).toBe(
      'TraceFormatError: <stdin>:1: expected a column when, which --csv-map takes for time_ns, found none',
    );
    expect(await failureOf(PLAIN, { csvMap, format: 'jsonl' })).toBe(
      'UsageError: --csv-map: expected a CSV beside it, found --format jsonl',
    );
  });
});

describe('delimiters', () => {
  it.each([';', '\t', ','])('%j is found by the header', async (delimiter) => {
    const text = PLAIN.replaceAll(',', delimiter);
    const expected = rowsOf((await readContent(PLAIN)).batches);
    expect(rowsOf((await readContent(text)).batches)).toEqual(expected);
    const quoted = text.replace('event', '"event"');
    expect(rowsOf((await readContent(quoted)).batches)).toEqual(expected);
  });
});
