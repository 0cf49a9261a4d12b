/** Columns by name: is each found as it is typed, is what is unknown or ambiguous refused, does every one have its metric? */
import { describe, expect, it } from 'vitest';
import { metricCalled, parseColumns, parseSort } from '../../src/columns/choose.js';
import { valueIn } from '../../src/columns/column.js';
import { COLUMNS } from '../../src/columns/registry.js';
import { sortedRows, toldApart } from '../../src/columns/rows.js';
import { metricEntry } from '../../src/results/declaration/dictionary.js';
import { UsageError } from '../../src/trace/errors.js';
import { COMPARISON, NO_DMA, strategyResult } from '../reporters/documents.js';

const names = (list: string) => parseColumns(list).map(({ name }) => name);

describe('the registry', () => {
  it('has one column for everything that may be typed', () => {
    const typed = COLUMNS.flatMap(({ name, heading, short = heading }) => [
      ...new Set([name, heading, short].map((one) => one.toLowerCase().replace(/[ _]/g, ''))),
    ]);
    expect(typed.filter((one, at) => typed.indexOf(one) < at)).toEqual([]);
    for (const { name, heading, short = heading } of COLUMNS) expect(names(`${name}`)).toEqual(names(short));
  });

  it('has a metric with a path, which gates may name, for every number of one result', () => {
    for (const { name, path, unit, needsBaseline } of COLUMNS) {
      if (path !== undefined) expect(metricEntry(path)?.unit, name).toBe(unit);
      else expect(unit === undefined || needsBaseline === true, name).toBe(true);
    }
  });
});

describe('names', () => {
  it('are found as they are typed, by heading, or by path', () => {
    expect(names('mean, est%,VS_BASE,host/guest,misses/translation')).toEqual([
      'mean',
      'est %',
      'vs base',
      'h/g',
      'miss/tr',
    ]);
    expect(names('latency.operation.p99_ns')).toEqual(['p99']);
    const [queue] = parseColumns('host.queues.0.deepest');
    const result = strategyResult('ioctl', 'vsid', 1, 1);
    const host = { ...result.host, queues: [{ deepest: 7 }] } as unknown as typeof result.host;
    expect([queue.unit, queue.value({ result: { ...result, host }, baseline: undefined })]).toEqual(['count', 7]);
    expect(queue.value({ result, baseline: undefined })).toBeNull();
  });

  it.each([
    ['meen', '--columns: unknown column meen; did you mean mean? (all: --columns help)'],
    [
      'tlb.walks_reads',
      '--columns: unknown column tlb.walks_reads; did you mean tlb.walk_reads? (all: --columns help)',
    ],
    ['faults', '--columns: unknown column faults; did you mean tlb.faults? (all: --columns help)'],
    ['host.queues.deepest', /^--columns: unknown column host.queues.deepest/],
    ['replay.vmids', /^--columns: unknown column replay.vmids/],
    ['p99_ns', /^--columns: unknown column p99_ns, the end of latency.operation.p99_ns, .* and \d+ more; say which/],
    ['mean,latency.operation.mean_ns', '--columns: expected each column once, found mean twice'],
    ['', /^--columns: unknown column /],
  ])('%s is refused', (list, message) => {
    expect(() => parseColumns(list)).toThrow(typeof message === 'string' ? new UsageError(message) : message);
  });
});

describe('metrics of gates', () => {
  it('are columns, too', () => {
    expect(metricCalled('p99', '--gate').metric).toBe('latency.operation.p99_ns');
    expect(metricCalled('amplification.ioctls', '--gate').metric).toBe('amplification.ioctls');
  });

  it.each([
    ['saved', /expected a metric of one result, found the column saved \(a gate compares by itself/],
    ['strategy', /expected a metric of one result, found the column strategy$/],
    ['host.queues.0.deepest', /unknown metric host.queues.0.deepest/],
  ])('%s is none', (name, message) => {
    expect(() => metricCalled(name, '--gate')).toThrow(message);
  });
});

describe('rows', () => {
  const rows = COMPARISON.results.map((result) => ({ result, baseline: COMPARISON.results[1] }));
  const means = (order: string, of = rows) =>
    sortedRows(of, parseSort(order), valueIn).map(({ result }) => result.latency.operation.mean_ns);

  it('are sorted either way', () => {
    const ascending = rows.map(({ result }) => result.latency.operation.mean_ns).sort((a, b) => a - b);
    expect(means('mean')).toEqual(ascending);
    for (const order of ['-mean', 'mean:desc']) expect(means(order)).toEqual([...ascending].reverse());
    expect(means('mean:asc')).toEqual(ascending);
  });

  it('without a value come last in both', () => {
    const without = { result: NO_DMA.results[0], baseline: undefined };
    for (const order of ['stale', '-stale']) {
      expect(sortedRows([without, ...rows], parseSort(order), valueIn).at(-1)).toBe(without);
    }
  });

  it('are told apart by what differs in any table', () => {
    const [mean, ops, atc] = parseColumns('mean,ops,atc');
    const a = { result: strategyResult('ioctl', 'vsid', 1000, 10), baseline: undefined };
    const b = { result: strategyResult('ioctl', 'broadcast', 1000, 10), baseline: undefined };
    const { telling, constant } = toldApart(
      [mean, ops, atc],
      [
        [a, a],
        [a, b],
      ],
      ['mean'],
      valueIn,
    );
    expect([telling, constant]).toEqual([[mean, atc], [ops]]);
  });
});
