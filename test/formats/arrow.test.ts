/**
 * Are Arrow tables read whoever wrote them, does what we write say what it should, and is everything else refused?
 */
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { writerByName } from '../../src/formats/output-registry.js';
import { type WriterContext, writerContext } from '../../src/formats/writer.js';
import { EventBatch, EventKind } from '../../src/trace/events.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { failureOf, messageOf, readContent, readTrace, rowsOf, traceBytes, tracePath } from '../support/traces.js';

async function* stream(batches: readonly EventBatch[]) {
  yield* batches;
}

async function written(batches: readonly EventBatch[], format = 'arrow', context: WriterContext = writerContext()) {
  const pieces: Uint8Array[] = [];
  for await (const piece of writerByName(format).write(stream(batches), context)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

describe('tables of other programs', () => {
  it.each(['pandas.feather', 'polars.arrow', 'polars.arrows', 'duckdb.arrow'])('%s', async (ending) => {
    const csv = await readTrace(tracePath('csv/granules-and-blocks.csv'));
    const { trace, batches } = await readTrace(tracePath(`arrow/granules-and-blocks.${ending}`));
    expect(trace.statistics).toMatchObject({ format: 'arrow', lines: 11, lossy: [] });
    expect(rowsOf(batches)).toEqual(rowsOf(csv.batches));
  });

  it('with compressed buffers are refused with what to do', async () => {
    const path = tracePath('invalid/compressed-buffers.feather');
    expect(await messageOf(() => readTrace(path))).toBe(
      `TraceFormatError: ${path}: expected Arrow without compressed buffers, found compressed ones; write it uncompressed`,
    );
  });
});

describe('a written table', () => {
  it('has plain names and integers, for any program', async () => {
    const { batches } = await readTrace(tracePath('csv/strict-unmap.csv'));
    const table = tableFromIPC(await written(batches));
    expect(table.numRows).toBe(batches[0].count);
    const cell = (name: string, row: number) => table.getChild(name)?.get(row);
    const dma = batches[0].kind.indexOf(EventKind.Dma);
    expect(cell('event', dma)).toBe('dma');
    expect(cell('time_ns', dma)).toBe(500n);
    expect(cell('iova', dma)).toBe(0xfffff040n);
    expect(cell('outcome', dma)).toBe('miss');
    expect(cell('cmd0', dma)).toBe(null);
    const cmd = batches[0].kind.indexOf(EventKind.Cmd);
    expect(cell('opcode', cmd)).toBe('TLBI_NH_VA');
    expect(cell('x_line', cmd)).toBe(BigInt(batches[0].line[cmd]));
  });

  it('keeps that times are only an order, and the version of the producer', async () => {
    const log =
      'smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC\nsmmuv3_cmdq_tlbi_nsnh \nsmmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)\n';
    const { trace, batches } = await readContent(log);
    const context = writerContext(trace.statistics);
    const back = await readContent(await written(batches, 'arrow', context));
    expect(back.trace.statistics).toMatchObject({ timeBase: 'order-only', version: '9.x', reconstructedCommands: 1 });
    expect(context.losses.entries()).toEqual([]);
    const csvContext = writerContext(trace.statistics);
    await written(batches, 'csv', csvContext);
    expect(csvContext.losses.entries()).toEqual([
      { what: 'the mark that times are only an order', count: 1 },
      { what: "the producer's version (9.x)", count: 1 },
    ]);
  });

  it('of many batches is read in the order of its rows, times checked across batches', async () => {
    const many = Array.from({ length: 40 }, (_, index) => {
      const builder = new TraceBuilder(512);
      for (let row = 0; row < 500; row++) builder.at(index * 500 + row).dma({ page: row });
      return builder.batch;
    });
    const { trace, batches } = await readContent(await written(many, 'arrow-stream'));
    expect(rowsOf(batches)).toEqual(rowsOf(many));
    expect(trace.statistics.lines).toBe(20_000);
    expect(batches.flatMap(({ line }) => [...line])).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
    const backwards = await written([many[1], many[0]], 'arrow-stream');
    expect(await failureOf(backwards)).toBe(
      'TraceFormatError: <stdin>:501: expected time_ns not below the 999 of the row before, found "0"'.replace(
        '"0"',
        '0',
      ),
    );
  });
});

describe('a damaged table', () => {
  const sample = async (format: string) => {
    const { batches } = await readTrace(tracePath('csv/strict-unmap.csv'));
    return written(batches, format);
  };

  it('that is cut is refused', async () => {
    const bytes = await sample('arrow');
    for (const length of [bytes.length - 3, bytes.length - 400, 2000, 300]) {
      expect(await failureOf(bytes.subarray(0, length))).toMatch(/^TraceFormatError: <stdin>: expected .*Arrow.*found/);
    }
    const streamed = await sample('arrow-stream');
    const { trace } = await readContent(streamed.subarray(0, streamed.length - 8));
    expect(trace.statistics.lossy).toEqual([
      { line: 9, what: 'no end-of-stream mark: the stream may be cut there', count: 1 },
    ]);
  });

  it('with a meaningless value is refused by record', async () => {
    const batch = new EventBatch(2);
    batch.append(EventKind.Doorbell, 5, 1);
    batch.append(EventKind.Dma, 6, 2);
    batch.queue[0] = -4;
    expect(await failureOf(await written([batch]))).toBe(
      'TraceFormatError: <stdin>:1: expected queue as an integer from 0 to 2147483647, found "-4"',
    );
  });

  it('without our columns is refused by name', async () => {
    const bytes = await traceBytes('arrow/granules-and-blocks.polars.arrows');
    const renamed = Buffer.from(bytes.toString('latin1').replaceAll('outcome', 'outcomf'), 'latin1');
    expect(await failureOf(renamed)).toMatch(/expected a known column \(.*found outcomf; did you mean outcome\?$/);
  });
});
