/** Command line, replay and compare: does the main job run on a recorded trace, and is its report whole and repeatable? */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/results/document.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { RECORDED_TRACE, runCli, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
let comparison: ResultDocument;

beforeAll(async () => {
  sandbox.write('small.csv', SMALL_TRACE);
  const { code, stdout, stderr } = await runCli(['compare', RECORDED_TRACE, '--strategies', 'all', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  comparison = JSON.parse(stdout);
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

describe('compare', () => {
  it('has the key paths that scripts rely on, for every strategy', () => {
    expect(comparison.schema).toBe('smmuscope.result/2');
    expect(comparison.results.map((result) => result.strategy)).toEqual(strategyNames());
    for (const result of comparison.results) {
      for (const latency of [result.latency.operation, result.latency.submission, result.latency.command]) {
        for (const key of ['count', 'mean_ns', 'p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns', 'max_ns'] as const) {
          expect(latency[key], key).toBeTypeOf('number');
        }
      }
      for (const key of [
        'guest_commands',
        'host_commands',
        'host_per_guest',
        'added_syncs',
        'exits',
        'ioctls',
      ] as const) {
        expect(result.amplification[key], key).toBeTypeOf('number');
      }
      expect(result.amplification.guest_commands).toBe(6914);
      expect(result.tlb).toHaveProperty('main.misses');
      // No device has an ATC here: the micro TLB answers, or the main TLB hits or misses.
      const {
        translations = 0,
        main,
        micro_hit_share: microHits = 0,
        misses_per_translation: misses = 0,
      } = result.tlb ?? {};
      expect(misses).toBe((main?.misses ?? 0) / translations);
      expect(microHits + misses + (main?.hits ?? 0) / translations).toBeCloseTo(1, 12);
      expect(result.safety?.stale_after_sync).toBe(0);
    }
  });

  it('gives the same bytes for the same input in another process', async () => {
    const { stdout } = await warm.run(['compare', RECORDED_TRACE, '--strategies', 'all', '--json']);
    expect(stdout).toBe(`${JSON.stringify(comparison, null, 2)}\n`);
  });

  it('shows a table that fits the width it is given, with no colour in a pipe', async () => {
    for (const width of [80, 100, 200]) {
      const { stdout } = await warm.run(['compare', RECORDED_TRACE, '--limit', '3000', '--baseline', 'native'], {
        env: { COLUMNS: String(width) },
      });
      expect(stdout).toMatch(/^[\n -~]+$/);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
      expect(stdout).toMatch(/^native .* 1\.00x /m);
      expect(stdout).toContain('baseline native');
    }
  });

  it('crosses strategies with targetings in tidy CSV', async () => {
    const { stdout } = await warm.run(
      `compare ${sandbox.path('small.csv')} --strategies ioctl,native --atc vsid,broadcast --reporter csv`.split(' '),
    );
    const rows: Record<string, string>[] = parse(stdout, { columns: true });
    expect(new Set(rows.map((row) => `${row.strategy} ${row.atc}`))).toEqual(
      new Set(['ioctl vsid', 'ioctl broadcast', 'native vsid', 'native broadcast']),
    );
    for (const row of rows) expect(Number(row.value), row.metric).not.toBeNaN();
  });

  it('compares several traces block by block', async () => {
    const { code, stdout } = await warm.run(['compare', RECORDED_TRACE, sandbox.path('small.csv')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rebind-strict.*^small\.csv\n.*^2 traces, geometric mean/ms);
  });
});

describe('replay', () => {
  it('reports one strategy in full', async () => {
    const { code, stdout, stderr } = await warm.run(['replay', RECORDED_TRACE, '--strategy', 'sw-vcmdq:worker=poll']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^sw-vcmdq:worker=poll, ATC vsid: rebind-strict/m);
    for (const section of [
      'operation',
      'operation span',
      'submission',
      'stage of an operation',
      'per unmap: ',
      'TLBI_NH_VA',
      'main',
      'safety:',
      'pacing closed',
    ]) {
      expect(stdout).toContain(section);
    }
  });

  it('gives the numbers that compare gives', async () => {
    const { stdout } = await warm.run(['replay', RECORDED_TRACE, '--strategy', 'hw-vcmdq', '--json']);
    expect(JSON.parse(stdout).results).toEqual(comparison.results.filter((result) => result.strategy === 'hw-vcmdq'));
  });

  it('reports the TLB of a trace without dma events as absent', async () => {
    const withoutDma = SMALL_TRACE.split('\n')
      .filter((line) => !line.includes('dma'))
      .join('\n');
    const path = sandbox.write('no-dma.csv', withoutDma);
    const { stdout } = await warm.run(['replay', path, '--strategy', 'native']);
    expect(stdout).toContain('TLB: absent');
    expect(
      JSON.parse((await warm.run(['replay', path, '--strategy', 'native', '--json'])).stdout).results[0].tlb,
    ).toBeNull();
  });

  it('says how many commands no doorbell published', async () => {
    const { stdout } = await warm.run(['replay', sandbox.path('small.csv'), '--strategy', 'native']);
    expect(stdout).toContain('note: commands that no doorbell publishes, not executed: 1\n');
  });

  it('honours model flags', async () => {
    const run = async (...flags: string[]): Promise<ResultDocument> =>
      JSON.parse(
        (await warm.run(['replay', RECORDED_TRACE, '--strategy', 'native', '--limit', '9000', '--json', ...flags]))
          .stdout,
      );
    const plain = await run();
    const slow = await run('--set', 'smmu.mem_latency_ns=100000');
    expect(slow.results[0].latency.operation.mean_ns).toBeGreaterThan(plain.results[0].latency.operation.mean_ns);
    const unsafe = await run('--no-safety');
    expect(unsafe.results[0].safety).toBeNull();
    const late = await run('--warmup', '5000');
    expect(late.results[0].latency.operation.count).toBeLessThan(plain.results[0].latency.operation.count);
    const quiet = await run('--no-msi');
    expect(JSON.stringify(quiet.results[0].tlb)).not.toBe(JSON.stringify(plain.results[0].tlb));
  });
});
