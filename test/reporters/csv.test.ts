/** Reporters, CSV: is every number of the document one tidy row, and is the quoting that of RFC 4180? */
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvReporter } from '../../src/reporters/csv.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { numericLeaves } from '../../src/results/numeric-leaves.js';
import { COMPARISON, INSPECTION, LINT, NO_DMA, PROFILE, PROFILES, SINGLE, STRATEGIES, WORKLOADS } from './documents.js';

const CONTEXT: ReportContext = { width: 100, colour: false, unicode: false };
const rowsOf = (document: ReportDocument): string[][] => parse(csvReporter.render(document, CONTEXT));

describe('csv reporter', () => {
  it.each([
    ['single', SINGLE],
    ['inspection', INSPECTION],
    ['lint', LINT],
    ['workloads', WORKLOADS],
    ['strategies', STRATEGIES],
    ['profiles', PROFILES],
    ['profile', PROFILE],
  ] as const)('renders %s as the golden text', async (name, document) => {
    await expect(csvReporter.render(document, CONTEXT)).toMatchFileSnapshot(`golden/${name}.csv`);
  });

  it('has one row per trace, strategy, targeting and metric', () => {
    const [header, ...rows] = rowsOf(COMPARISON);
    expect(header).toEqual(['trace', 'strategy', 'atc', 'metric', 'value']);
    const keys = rows.map((row) => row.slice(0, 4).join('|'));
    expect(new Set(keys).size).toBe(keys.length);
    expect(rows.length).toBe(COMPARISON.results.reduce((sum, result) => sum + numericLeaves(result).length, 0));
    expect(rows).toContainEqual([
      'rebind-strict.qemu-7.2.log.xz',
      'ioctl',
      'vsid',
      'latency.operation.mean_ns',
      '6212.5',
    ]);
    expect(rows.map((row) => row[3]).filter((metric) => /histogram|first|percentiles/.test(metric))).toEqual([]);
  });

  it('has no tlb rows for a trace without dma events', () => {
    expect(rowsOf(NO_DMA).filter((row) => row[3]?.startsWith('tlb'))).toEqual([]);
  });

  it('quotes commas, quotes and line breaks, and a parser reads them back', () => {
    const awkward = 'a "quoted", name\nof two lines';
    const document = { ...SINGLE, results: [{ ...SINGLE.results[0], trace: awkward }] };
    expect(csvReporter.render(document, CONTEXT)).toContain('"a ""quoted"", name\nof two lines",v1-patch,');
    expect(
      new Set(
        rowsOf(document)
          .slice(1)
          .map((row) => row[0]),
      ),
    ).toEqual(new Set([awkward]));
  });
});

describe('numericLeaves', () => {
  it('names numbers by their dotted path in document order and skips everything else', () => {
    expect(numericLeaves({ b: { 'x-y': 1, list: [1, 2], text: '3' }, a: 2, none: null, yes: true })).toEqual([
      ['b.x-y', 1],
      ['a', 2],
    ]);
  });
});
