/** Command line, diff: is a slower stage named first in every form, by compare too, and is a wrong file one sentence? */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DiffDocument } from '../../src/diff/document.js';
import type { ResultDocument } from '../../src/results/document.js';
import { ROOT, runPipeline, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});
const OLD = 'docs/examples/rebind-strict.result.json';
const SLOWER = 'docs/examples/rebind-slower-ioctl.result.json';
const trace = sandbox.write('small.csv', SMALL_TRACE);
const other = sandbox.write('other.csv', SMALL_TRACE.replace('8000', '9000').concat('\n'));
const compare = ['compare', trace, '--strategies', 'ioctl,native'];
const words = (text: string) => text.replace(/\\_/g, '_').replace(/\s+/g, ' ');

describe('a result against itself', () => {
  it('has no differences and ends with 0, even where a difference would not', async () => {
    const run = await warm.run(['diff', OLD, OLD, '--exit-code', '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({ schema: 'smmuscope.diff/1', differences: [], changed: [] });
    expect((await warm.run(['diff', OLD, OLD])).stdout).toMatch(/^nothing differs in ioctl \(vsid\); /);
  });

  it('is the same through a pipe', async () => {
    const { code, stdout } = await runPipeline(`cat ${OLD} | node bin/run.js diff - ${OLD} --json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).differences).toEqual([]);
  });
});

describe('one cost a tenth higher', () => {
  it.each(['table', 'markdown', 'html', 'csv'])('%s names its stage first', async (reporter) => {
    const { code, stdout } = await warm.run(['diff', OLD, SLOWER, '--reporter', reporter]);
    expect(code).toBe(0);
    expect(/\b(latency|guest|host|per_unmap|throughput)\.[\w.]+/.exec(stdout)?.[0]).toBe('latency.breakdown_ns.ioctl');
    if (reporter === 'csv') return;
    const text = words(stdout.replace(/<[^>]+>/g, ' '));
    expect(text).toMatch(/all of it in stage ioctl 183 ns (->|→) 201 ns \(\+10\.0%\)/);
    expect(text).toMatch(/parameter software\.syscall_ioctl_ns: as in the profile (->|→) 198/);
    expect(text).toContain('only in OLD: native (vsid)');
    // Caveats stand where the numbers are.
    expect(text).toContain('17 of 3465 operations take several PROD writes');
  });

  it('--exit-code says so, and --all shows every number of the document', async () => {
    expect((await warm.run(['diff', OLD, SLOWER, '--exit-code'])).code).toBe(3);
    const { differences }: DiffDocument = JSON.parse((await warm.run(['diff', OLD, SLOWER, '--json'])).stdout);
    const { stdout } = await warm.run(['diff', OLD, SLOWER, '--all']);
    for (const { metric } of differences) expect(stdout).toContain(metric);
    expect(stdout).not.toContain('more that follow');
  });

  it('is drawn: both distributions in one chart, and the document is in the page', async () => {
    const { stdout } = await warm.run(['diff', OLD, SLOWER, '--reporter', 'html']);
    expect(stdout.match(/Time for which ioctl \(vsid\) holds a vCPU in one operation/g)).toHaveLength(1);
    expect(stdout).toContain('smmuscope.diff/1');
  });
});

describe('compare --baseline FILE.json', () => {
  const earlier = async (...flags: string[]) => {
    const output = sandbox.path('earlier.json');
    await warm.run([...compare, '--json', '--output', output, ...flags]);
    return output;
  };

  it('says how each row differs without a gate, in every form', async () => {
    const file = await earlier('--set', 'software.syscall_ioctl_ns=90');
    for (const reporter of ['table', 'markdown', 'html']) {
      const { code, stdout } = await warm.run([...compare, '--baseline', file, '--reporter', reporter]);
      expect(code).toBe(0);
      const text = words(stdout.replace(/<[^>]+>/g, ' '));
      expect(text).toMatch(
        /gainst earlier\.json .*ioctl \(vsid\): mean .* (->|→) .*: all of it in stage ioctl .*\(\+100%\)/,
      );
      expect(text).toContain('no number differs in native (vsid)');
    }
    const { against }: ResultDocument = JSON.parse((await warm.run([...compare, '--baseline', file, '--json'])).stdout);
    expect(against).toMatchObject({ old: { file: 'earlier.json' } });
    expect(against?.differences[0].metric).toBe('latency.breakdown_ns.ioctl');
  });

  it('a strategy that the earlier result has not is named, and leaves a gate undecided', async () => {
    const file = await earlier();
    const gate = ['--gate', 'latency.operation.mean_ns <= baseline'];
    const run = await warm.run(['compare', trace, '--strategies', 'sw-vcmdq', '--baseline', file, ...gate]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('gates: 0 passed, 0 failed, 1 inconclusive');
    expect(run.stdout).toContain('only in NEW: sw-vcmdq (vsid)');
  });

  it('across recordings gates judge what is per operation and refuse totals', async () => {
    const file = await earlier();
    const now = ['compare', other, '--strategies', 'ioctl,native', '--baseline', file];
    const gate = ['--gate', 'latency.operation.mean_ns <= baseline'];
    const refused = await warm.run([...now, ...gate]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/expected results of the same trace, other\.csv.*--across recordings/);
    const across = [...now, '--across', 'recordings'];
    const judged = await warm.run([...across, ...gate]);
    expect(judged).toMatchObject({ code: 0, stderr: '' });
    expect(judged.stdout).toContain('gates: 2 passed, 0 failed, 0 inconclusive');
    const total = await warm.run([...across, '--gate', 'amplification.exits <= baseline']);
    expect(total.code).toBe(2);
    expect(total.stderr).toContain('expected a metric per operation or per unmap');
    expect((await warm.run([...across, '--gate', 'amplification.exits <= 100'])).code).toBe(0);
  });

  it('a breach is said once: old, new and the change, rounded', async () => {
    const file = await earlier();
    const gate = ['--gate', 'latency.operation.mean_ns <= 0.5x baseline for ioctl', '--baseline', file];
    const breach = /latency\.operation\.mean_ns \S+ us -> \S+ us \(0%\), expected <= \S+ us/g;
    const { code, stdout, stderr } = await warm.run([...compare, ...gate]);
    expect(code).toBe(3);
    expect(words(stdout).match(breach)).toHaveLength(1);
    expect(stderr).toBe('smmuscope: 1 of 1 gate judgements failed (which, and why: the report)\n');
    const json = await warm.run([...compare, ...gate, '--json']);
    expect(json.stderr).toMatch(/^smmuscope: 1 of 1 gate judgements failed: small\.csv, ioctl \(vsid\): latency/);
  });
});

describe('what is no result', () => {
  const cut = sandbox.write('cut.json', readFileSync(join(ROOT, OLD), 'utf8').slice(0, 4000));
  it.each([
    [
      'traces/csv/strict-unmap.csv',
      /strict-unmap\.csv: expected the JSON of a result or a study .*, found a trace \(csv\)/,
    ],
    ['traces/rebind-strict.qemu-7.2.log.xz', /expected the JSON of a result or a study/],
    [cut, /found JSON that is cut short or damaged/],
    ['none.json', /none\.json: expected a file .*, found no such file/],
    ['docs/schemas', /found a directory/],
    ['docs/examples/shard-1-of-2.json', /rebind-strict\.result\.json: expected smmuscope\.study-result\/2/],
  ])('%s is one sentence', async (file, sentence) => {
    const { code, stdout, stderr } = await warm.run(['diff', file, OLD]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
