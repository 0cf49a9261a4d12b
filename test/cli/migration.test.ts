/**
 * Command line: does `replay --migrate-at` give one result that names both paths, also those from the user's own files, and is
 * the rest of the document what it is without?
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/results/document.js';
import { WarmCli } from '../support/warm-cli.js';

const TRACE = 'traces/csv/ats-four-devices.csv';
const MINE = 'docs/examples/deferred-ioctl.mjs';

const warm = new WarmCli();
afterAll(() => warm.close());

async function replay(...args: string[]): Promise<ResultDocument> {
  const { code, stdout, stderr } = await warm.run(['replay', TRACE, ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as ResultDocument;
}

describe.concurrent('replay --migrate-at', () => {
  it('takes the user’s own strategy on either side, and names its file without its folder', async () => {
    const document = await replay('--strategy', `${MINE}:limit=2`, '--migrate-at', '40us', '--to', MINE);
    const [result] = document.results;
    expect(result.strategy).toBe('deferred-ioctl:limit=2+deferred-ioctl@40000ns');
    expect(result.migration).toMatchObject({ from: 'deferred-ioctl:limit=2', to: 'deferred-ioctl', lost: 0 });
    expect(document.provenance.strategy_files).toMatchObject([
      { strategy: 'deferred-ioctl', file: 'deferred-ioctl.mjs' },
    ]);
    expect(document.provenance.migrate_at_ns).toBe(40_000);
    expect(JSON.stringify(document)).not.toContain('docs/examples');
    const later = await replay('--strategy', 'ioctl', '--migrate-at', '40us', '--to', MINE);
    expect(later.provenance.strategy_files).toHaveLength(1);
  });

  it('crosses both paths with every targeting asked for', async () => {
    const args = ['--strategy', 'ioctl', '--migrate-at', '0.04ms', '--to', 'hw-vcmdq', '--atc', 'vsid,broadcast'];
    const { results } = await replay(...args);
    expect(results.map(({ atc, migration }) => [atc, migration?.before.atc, migration?.after.atc])).toEqual([
      ['vsid', 'vsid', 'vsid'],
      ['broadcast', 'broadcast', 'broadcast'],
    ]);
  });

  it('a document without it has no trace of it', async () => {
    const document = await replay('--strategy', 'ioctl');
    expect(document.results[0]).not.toHaveProperty('migration');
    expect(document.provenance).not.toHaveProperty('migrate_at_ns');
    expect(document.results[0].latency.breakdown_total_ns.migration).toBe(0);
  });
});
