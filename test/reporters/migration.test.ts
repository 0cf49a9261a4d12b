/** Reporters: does a report tell of a change of paths, and do scripts find it in CSV? */
import { describe, expect, it } from 'vitest';
import { csvReporter } from '../../src/reporters/csv.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import { migrationSection } from '../../src/reporters/table/migration.js';
import type { ResultDocument } from '../../src/results/document.js';
import type { MigrationResult } from '../../src/results/migration-result.js';
import { SINGLE } from './documents.js';

const context = (width: number, colour = false): ReportContext => ({
  width,
  colour,
  unicode: false,
  baseline: undefined,
});

const latency = (count: number, ns: number) => ({
  count,
  mean_ns: ns,
  min_ns: ns,
  p50_ns: ns,
  p90_ns: ns,
  p99_ns: ns,
  p99_9_ns: ns,
  max_ns: 2 * ns,
  percentiles: 'exact' as const,
  histogram: [],
});

const MIGRATION: MigrationResult = {
  at_ns: 5_000_000,
  from: 'hw-vcmdq',
  to: 'sw-vcmdq',
  requested_ns: 5_200_000,
  drain_ns: 1500,
  switch_ns: 4343,
  paused_ns: 5843,
  drained_submissions: 2,
  held_submissions: 3,
  held_ns: 16_000,
  before: {
    strategy: 'hw-vcmdq',
    atc: 'vsid',
    submissions: 1200,
    published_commands: 2400,
    completed_commands: 2400,
    latency: latency(1200, 417),
  },
  after: {
    strategy: 'sw-vcmdq',
    atc: 'vsid',
    submissions: 800,
    published_commands: 1600,
    completed_commands: 1600,
    latency: latency(800, 2753),
  },
  lost: 0,
};

describe('the table', () => {
  it('shows both paths and the change between them', () => {
    expect(migrationSection(MIGRATION, context(120))).toBe(`\
migration  PROD writes  commands    ops     mean      p50      p99      max
---------  -----------  --------  -----  -------  -------  -------  -------
hw-vcmdq         1,200     2,400  1,200   417 ns   417 ns   417 ns   834 ns
sw-vcmdq           800     1,600    800  2.75 us  2.75 us  2.75 us  5.51 us
changed 5.00 ms into the trace: drained for 1.50 us (submissions still under way: 2), handed over for 4.34 us
submissions that waited for it: 3, 16.0 us in all
0 commands lost
`);
  });

  it.each([40, 60, 80])('fits %i columns', (width) => {
    for (const line of migrationSection(MIGRATION, context(width)).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it('says so when the trace ends before it, and shows nothing of a replay without one', () => {
    const never = { ...MIGRATION, requested_ns: null };
    expect(migrationSection(never, context(120))).toContain(
      'no publication at or after 5.00 ms into the trace: the paths never changed\n',
    );
    expect(migrationSection(undefined, context(120))).toBe('');
  });

  it('a loss is red', () => {
    const red = `${String.fromCharCode(27)}[31m7 commands lost`;
    expect(migrationSection({ ...MIGRATION, lost: 7 }, context(120, true))).toContain(red);
    expect(migrationSection(MIGRATION, context(120, true))).not.toContain(`${String.fromCharCode(27)}[31m`);
  });
});

describe('CSV', () => {
  it('has every number of it as a metric', () => {
    const document: ResultDocument = { ...SINGLE, results: [{ ...SINGLE.results[0], migration: MIGRATION }] };
    const metrics = csvReporter.render(document, context(80)).split('\n');
    for (const [metric, value] of [
      ['at_ns', 5_000_000],
      ['drain_ns', 1500],
      ['paused_ns', 5843],
      ['held_submissions', 3],
      ['lost', 0],
      ['before.latency.p99_ns', 417],
      ['after.completed_commands', 1600],
    ]) {
      expect(metrics.filter((row) => row.endsWith(`,migration.${metric},${value}`))).toHaveLength(1);
    }
  });
});
