/** Command line, baseline: is every row of a comparison a multiple of the one that is meant, in every form, and of no other? */
import { afterAll, describe, expect, it } from 'vitest';
import { resolveBaseline, resultBaseline } from '../../src/library/baseline.js';
import type { ResultDocument } from '../../src/results/document.js';
import { COMPARISON, strategyResult } from '../reporters/documents.js';
import { Sandbox } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

const BOTH = ['broadcast', 'vsid'];
const CHOICES: readonly (readonly [string | undefined, string, readonly string[], string, string])[] = [
  // --baseline, --strategies, --atc, the row
  [undefined, 'native,ioctl', [], 'ioctl', 'vsid'],
  [undefined, 'hw-vcmdq,ioctl', BOTH, 'ioctl', 'vsid'],
  [undefined, 'ioctl', ['implicit', 'broadcast'], 'ioctl', 'implicit'],
  [undefined, 'v1-patch,sw-vcmdq:worker=poll,native', BOTH, 'sw-vcmdq:worker=poll', 'broadcast'],
  [undefined, 'v1-patch', BOTH, 'v1-patch', 'broadcast'],
  ['ioctl', 'native,ioctl', BOTH, 'ioctl', 'vsid'],
  ['ioctl', 'native,ioctl', ['broadcast'], 'ioctl', 'broadcast'],
  ['ioctl:atc=broadcast', 'native,ioctl', BOTH, 'ioctl', 'broadcast'],
  ['v1-patch', 'v1-patch,ioctl', ['vsid', 'broadcast'], 'v1-patch', 'broadcast'],
];

describe('one row', () => {
  it.each(CHOICES)(
    '--baseline %s of %s with %j is %s with %s, now and in a report',
    (spec, list, atc, strategy, of) => {
      expect(resolveBaseline(spec, [list], atc)).toEqual({ strategy, atc: of });
      const defaults = (name: string) => (name === 'v1-patch' ? ['broadcast'] : ['vsid']);
      const results = list
        .split(',')
        .flatMap((name) => (atc.length === 0 ? defaults(name) : atc).map((one) => strategyResult(name, one, 1, 1)));
      expect(resultBaseline(spec, { ...COMPARISON, results }, 'r.json')).toEqual({ strategy, atc: of });
    },
  );

  it('is none for a single result, unless it is asked for', () => {
    const single: ResultDocument = { ...COMPARISON, results: [strategyResult('native', 'vsid', 1, 1)] };
    expect(resultBaseline(undefined, single, 'r.json')).toBeUndefined();
    expect(resultBaseline('native', single, 'r.json')).toEqual({ strategy: 'native', atc: 'vsid' });
  });

  it.each([
    ['hw-vcmdq', 'expected one of the compared strategies (ioctl, native), found hw-vcmdq'],
    [
      'ioctl:atc=implicit',
      'expected one of the compared strategies (ioctl:atc=vsid, native:atc=vsid), found ioctl:atc=',
    ],
    ['ioctl,native', 'expected one of the compared strategies (ioctl, native), found ioctl,native'],
    ['ioctk', 'unknown strategy ioctk; did you mean ioctl?'],
    ['ioctl:atc=vsif', 'unknown ATC targeting vsif; did you mean vsid?'],
  ])('--baseline %s is refused', async (spec, sentence) => {
    expect(() => resolveBaseline(spec, ['ioctl,native'], [])).toThrow(sentence);
    const run = await warm.run([
      'compare',
      'traces/csv/strict-unmap.csv',
      '--strategies',
      'ioctl,native',
      '--baseline',
      spec,
    ]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(sentence);
  });
});

describe('compare', () => {
  const ATS = [
    'compare',
    'traces/csv/ats-four-devices.csv',
    '--strategies',
    'ioctl,hw-vcmdq',
    '--atc',
    'broadcast,vsid',
  ];
  const ratios = (text: string) =>
    [...text.matchAll(/^\W*(?:ioctl|hw-vcmdq)\W.* (\d\.\d+)x .*$/gm)].map(([line]) => line);

  it('shows what broadcasting costs: every targeting against the same row, in the table, Markdown and HTML', async () => {
    const { stdout } = await warm.run([...ATS, '--baseline', 'ioctl']);
    expect(ratios(stdout).map((line) => /(\d\.\d+)x/.exec(line)?.[1])).toEqual(['1.11', '1.00', '0.22', '0.14']);
    expect(stdout).toContain('baseline ioctl (atc vsid)');
    expect((await warm.run(ATS)).stdout).toBe(stdout);
    const markdown = (await warm.run([...ATS, '--reporter', 'markdown'])).stdout;
    expect(ratios(markdown).map((line) => /(\d\.\d+)x/.exec(line)?.[1])).toEqual(['1.11', '1.00', '0.22', '0.14']);
    const html = (await warm.run([...ATS, '--reporter', 'html'])).stdout;
    expect(html).toContain('mean against ioctl (atc vsid)');
    expect(html).toContain('>1.11x<');
  });

  it('gates judge the row of another targeting against the same one', async () => {
    const gate = ['--gate', 'latency.operation.mean_ns <= 1.05x baseline', '--json'];
    const { code, stdout } = await warm.run([...ATS, ...gate]);
    const { gates }: ResultDocument = JSON.parse(stdout);
    expect(code).toBe(3);
    expect(gates?.baseline).toEqual({ strategy: 'ioctl', atc: 'vsid' });
    expect(gates?.judgements.map(({ strategy, atc, verdict }) => `${strategy} ${atc} ${verdict}`)).toEqual([
      'ioctl broadcast fail',
      'hw-vcmdq broadcast pass',
      'hw-vcmdq vsid pass',
    ]);
  });

  it('compares five paths unless others are named, and all is every built-in one', async () => {
    const names = async (...flags: string[]) => {
      const { stdout } = await warm.run(['compare', 'traces/csv/strict-unmap.csv', '--json', ...flags]);
      return (JSON.parse(stdout) as ResultDocument).results.map(({ strategy }) => strategy);
    };
    expect(await names()).toEqual(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native']);
    expect(await names('--strategies', 'all')).toContain('v1-patch');
  });
});

/** `operations` unmaps, each over `writes` PROD writes with the CMD_SYNC in the last; one more has none. */
function unmapsOverDoorbells(operations: number, writes: number): string {
  const lines = ['time_ns,event,vcpu,opcode,asid,iova,tg,ttl,leaf'];
  let timeNs = 0;
  const add = (gapNs: number, rest: string) => {
    timeNs += gapNs;
    lines.push(`${timeNs},${rest}`);
  };
  for (let at = 0; at < operations * writes + 1; at++) {
    const isLast = at % writes === writes - 1;
    for (let row = 0; row < 64; row++) {
      const iova = `0x${(0x10000000 + (at * 64 + row) * 4096).toString(16)}`;
      add(10, `cmd,0,TLBI_NH_VA,1,${iova},1,3,1`);
    }
    if (isLast) add(10, 'cmd,0,SYNC,,,,,');
    add(10, 'doorbell,0,,,,,,');
    if (isLast) add(5000, 'sync-done,0,,,,,,');
  }
  return `${lines.join('\n')}\n`;
}

describe('an operation of several PROD writes', () => {
  const trace = sandbox.write('unmaps.csv', unmapsOverDoorbells(4, 10));
  const args = ['compare', trace, '--strategies', 'ioctl,sw-vcmdq,hw-vcmdq'];

  it('ranks the paths by what the guest waits for, not by its last PROD write', async () => {
    const { results }: ResultDocument = JSON.parse((await warm.run([...args, '--json'])).stdout);
    const [ioctl, ...others] = results;
    for (const { latency } of results) expect(latency.operation.count).toBe(4);
    const ratios = others.map(({ latency }) => latency.operation.mean_ns / ioctl.latency.operation.mean_ns);
    expect(ratios[0]).toBeLessThan(0.3);
    expect(ratios[1]).toBeLessThan(ratios[0]);
    // The last PROD write alone says the contrary: the worker has fallen behind by then.
    expect(others[0].latency.submission.mean_ns).toBeGreaterThan(ioctl.latency.submission.mean_ns);
  });

  it('bears its caveats in the terminal, Markdown, HTML and JSON alike', async () => {
    const { results }: ResultDocument = JSON.parse((await warm.run([...args, '--json'])).stdout);
    const texts = results[0].caveats.map(({ text }) => text);
    expect(results[0].caveats.map(({ about }) => about)).toEqual(['several-prod-writes', 'unfinished']);
    expect(texts[0]).toMatch(/^4 of 4 operations take several PROD writes \(40 in all\)/);
    expect(texts[1]).toMatch(/^1 operation that no CMD_SYNC of the trace ends/);
    for (const reporter of ['table', 'markdown', 'html']) {
      const { stdout } = await warm.run([...args, '--reporter', reporter]);
      const words = stdout.replace(/\\_/g, '_').replace(/\s+/g, ' ');
      for (const text of texts) expect(words).toContain(text);
    }
    const single = (await warm.run(['replay', trace, '--strategy', 'ioctl'])).stdout.replace(/\s+/g, ' ');
    for (const text of texts) expect(single).toContain(text);
  });
});
