/**
 * Reporters: are the incidents of `--fault` a table of their own, below the results, and rows of the CSV?
 * Update the golden files with `npx vitest run test/reporters -u` and read the difference.
 */
import { describe, expect, it } from 'vitest';
import { csvReporter } from '../../src/reporters/csv.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import { tableReporter } from '../../src/reporters/table.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { COMPARISON, strategyResult } from './documents.js';

type Incident = NonNullable<NonNullable<StrategyResult['errors']>['incidents']>[string];

const injected: Incident = {
  status: 'injected',
  found_by: 'host-kernel',
  guest_learns: 'synchronous',
  cerror: 'CERROR_ILL',
  errors_raised: 4,
  cons_index: 3,
  executed_before: 63,
  lost_silently: 7,
  failed_known: 1,
  poll_timeouts: 0,
  stop_latency_ns: 2129,
  learn_latency_ns: 4297,
  queue_stopped_ns: 11300,
};
const unknown: Incident = {
  ...injected,
  found_by: 'nobody',
  guest_learns: 'never',
  cerror: 'none',
  learn_latency_ns: null,
};

const result = (name: string, incidents: Record<string, Incident>) =>
  strategyResult(name, 'vsid', 5000, 100, {
    errors: { refused_by_opcode: {}, findings: { tg0_dropped: 3 }, incidents },
  });

const DOCUMENT: ResultDocument = {
  ...COMPARISON,
  results: [
    result('ioctl-batched:uapi=k74', {
      'unknown-vsid:CFGI_CD@1000': injected,
      'illegal@99999': { status: 'not-reached' },
    }),
    result('v1-patch', {
      'unknown-vsid:CFGI_CD@1000': unknown,
      'dead-worker@5': { status: 'not-applicable', reason: 'has no worker' },
    }),
  ],
};
const SINGLE: ResultDocument = { ...DOCUMENT, results: [DOCUMENT.results[0]] };

const plain = (width: number, strategy?: string): ReportContext => ({
  width,
  colour: false,
  unicode: false,
  baseline: strategy === undefined ? undefined : { strategy, atc: 'vsid' },
});

describe.each([
  ['incidents', DOCUMENT, 'v1-patch'],
  ['incidents-single', SINGLE, undefined],
] as const)('%s', (name, document, baseline) => {
  it.each([80, 100, 200])('renders as the golden text at %i columns', async (width) => {
    const text = tableReporter.render(document, plain(width, baseline));
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    await expect(text).toMatchFileSnapshot(`golden/${name}-${width}.txt`);
  });
});

describe('CSV', () => {
  it('has a row per number of an incident', () => {
    const csv = csvReporter.render(DOCUMENT, plain(100));
    for (const row of [
      'ioctl-batched:uapi=k74,vsid,errors.incidents.unknown-vsid:CFGI_CD@1000.lost_silently,7\n',
      'ioctl-batched:uapi=k74,vsid,errors.incidents.unknown-vsid:CFGI_CD@1000.learn_latency_ns,4297\n',
      'v1-patch,vsid,errors.findings.tg0_dropped,3\n',
    ]) {
      expect(csv).toContain(row);
    }
  });
});
