/** Reporters, numbers: is every magnitude three digits and a unit, without rounding that misleads? */
import { describe, expect, it } from 'vitest';
import type { ReportContext } from '../../src/reporters/reporter.js';
import {
  formatBar,
  formatBytes,
  formatCount,
  formatNs,
  formatRatio,
  formatShare,
  plain,
  truncate,
} from '../../src/reporters/table/format.js';
import { drawTable, wrapText } from '../../src/reporters/table/layout.js';

const ascii: ReportContext = { width: 80, colour: false, unicode: false };
const unicode: ReportContext = { ...ascii, unicode: true };

describe('formats', () => {
  it.each([
    [0, '0 ns'],
    [1, '1 ns'],
    [0.25, '0.250 ns'],
    [850, '850 ns'],
    [999.5, '1.00 us'],
    [999_499, '999 us'],
    [999_500, '1.00 ms'],
    [2837, '2.84 us'],
    [50339, '50.3 us'],
    [999_500_000, '1.00 s'],
    [61.9e9, '61.9 s'],
    [3.6e12, '3600 s'],
    [null, '-'],
    [Number.NaN, '-'],
  ])('%s ns is %s', (ns, text) => expect(formatNs(ns, ascii)).toBe(text));

  it('uses the micro sign where it is welcome', () => expect(formatNs(2837, unicode)).toBe('2.84 µs'));

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_309_641, '1,309,641'],
    [12_345_678, '12.3M'],
    [4e9, '4.00G'],
    [undefined, '-'],
  ])('the count %s is %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [1, '1.00x'],
    [0.4249, '0.42x'],
    [0.0031, '0.0031x'],
    [12.34, '12.3x'],
    [1625.4, '1625x'],
    [0, '0.00x'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('the ratio %s is %s', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  it.each([
    [0.805, '80.5%'],
    [1, '100.0%'],
    [0.0003, '0.03%'],
    [0.00003, '<0.01%'],
    [0, '0.0%'],
  ])('the share %s is %s', (share, text) => expect(formatShare(share)).toBe(text));

  it.each([
    [4096, '4 KiB'],
    [2 ** 21, '2 MiB'],
    [2 ** 30, '1 GiB'],
    [1536, '1.50 KiB'],
  ])('%s bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('draws bars within their width', () => {
    expect(formatBar(0.5, 10, ascii)).toBe('#####');
    expect(formatBar(2, 4, unicode)).toBe('████');
    expect(formatBar(-1, 4, ascii)).toBe('');
  });

  it('cuts text with a mark and spells typography in ASCII', () => {
    expect(truncate('strategy', 5, ascii)).toBe('stra~');
    expect(plain('10 µs → device’s', ascii)).toBe("10 us -> device's");
    expect(plain('10 µs', unicode)).toBe('10 µs');
  });
});

describe('layout', () => {
  const columns = [
    { heading: 'name', align: 'left' as const, drop: 0, cell: (row: string[]) => row[0] },
    { heading: 'count', short: 'n', align: 'right' as const, drop: 1, cell: (row: string[]) => row[1] },
    { heading: 'last', align: 'right' as const, drop: 2, cell: (row: string[]) => row[2] },
  ];
  const rows = [['alpha', '1', '22']];

  it('takes short headings before it drops a column, and says what it dropped', () => {
    expect(drawTable(columns, rows, { ...ascii, width: 18 }).text).toContain('count');
    expect(drawTable(columns, rows, { ...ascii, width: 14 })).toEqual({
      text: 'name   n  last\n-----  -  ----\nalpha  1    22\n',
      dropped: [],
    });
    expect(drawTable(columns, rows, { ...ascii, width: 13 }).dropped).toEqual(['last']);
  });

  it('cuts the first column when nothing is left to drop', () => {
    const table = drawTable(columns, [['a-very-long-name', '1', '2']], { ...ascii, width: 10 });
    expect(table.dropped).toEqual(['count', 'last']);
    expect(table.text.split('\n')[2]).toBe('a-very-lo~');
  });

  it('cuts texts with a minimum width before it drops a column', () => {
    const cut = columns.map((column) => ({ ...column, minWidth: 8 }));
    const table = drawTable(cut, [['a-very-long-name', '1', '2']], { ...ascii, width: 20 });
    expect(table.dropped).toEqual([]);
    expect(table.text).toContain('a-very-lon~');
  });

  it('wraps sentences at words and indents what follows', () => {
    expect(wrapText('one two three', { ...ascii, width: 8 })).toBe('one two\n  three\n');
  });
});
