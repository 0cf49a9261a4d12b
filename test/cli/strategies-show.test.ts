/**
 * Command line, `strategies show` and strategies from files: is a path explained in each format at every width, and does a
 * file of the user's own go through replay, compare and provenance?
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strategyDocument } from '../../src/cli/listings.js';
import { contextFor } from '../../src/cli/terminal.js';
import { DEFAULT_PROFILE } from '../../src/profiles/load.js';
import { tableReporter } from '../../src/reporters/table.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { ROOT, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const EXAMPLE = join(ROOT, 'docs/examples/deferred-ioctl.mjs');
const sandbox = new Sandbox();
const warm = new WarmCli();

beforeAll(() => {
  sandbox.write('small.csv', SMALL_TRACE);
  copyFileSync(EXAMPLE, sandbox.path('mine.mjs'));
  sandbox.write('bad.mjs', 'export default { name: "Bad" };');
  // Sound until a vCPU other than the first publishes.
  const lines = readFileSync(EXAMPLE, 'utf8').replace(
    'path.trapToVmm();',
    'if (submission.vcpu) throw new Error("no more"); path.trapToVmm();',
  );
  sandbox.write('fails.mjs', lines);
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

/** Run in the sandbox. */
const run = (line: string, env: NodeJS.ProcessEnv = {}) => warm.run(line.split(' '), { cwd: sandbox.folder, env });

/** What a pipe of this environment shows at `width`. */
const contextOf = (width: number) => contextFor({}, { ...process.env, FORCE_COLOR: undefined, COLUMNS: String(width) });

describe('strategies show', () => {
  it.each(strategyNames())('explains %s in about ten lines that fit the terminal', async (name) => {
    const document = strategyDocument(name, DEFAULT_PROFILE, []);
    const rendered = (width: number) => tableReporter.render(document, contextOf(width));
    // One process per path: that the width reaches the renderer does not depend on the path (the next test).
    const { code, stdout, stderr } = await run(`strategies show ${name}`, { COLUMNS: '80' });
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: rendered(80) });
    for (const width of [80, 100, 160]) {
      const lines = rendered(width).split('\n');
      expect(lines.length).toBeLessThan(32);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width);
      expect(lines).toContainEqual(expect.stringMatching(/^total +[\d,]+ +[\d,]+$/));
    }
  });

  it.each([100, 160])('fits a terminal of %i columns', async (width) => {
    const { stdout } = await run('strategies show sw-vcmdq', { COLUMNS: String(width) });
    const document = strategyDocument('sw-vcmdq', DEFAULT_PROFILE, []);
    expect(stdout).toBe(tableReporter.render(document, contextOf(width)));
  });

  it('shows every step with parameter, tag, unit cost, times and ns', async () => {
    const { stdout } = await run('strategies show ioctl');
    const rows = stdout.split('\n').map((line) => line.split(/ +/).join(' '));
    expect(rows).toContain('exit software.mmio_exit_user_ns V 1,683 1 1,683 1 1,683');
    expect(rows).toContain('ioctl software.syscall_ioctl_ns E 180 1 180 64 11,520');
    expect(rows).toContain('total 4,670 52,172');
    // A CONS read is one exit: what of it holds the VMM's lock is a parameter of its own.
    expect(rows).toContain('cons_read software.mmio_exit_user_ns V 1,483 1 1,483 1 1,483');
    expect(rows).toContain('cons_read software.vmm_read_hold_ns E 200 1 200 1 200');
    expect(stdout).toContain('n=64: 2 exits, 64 ioctls, 128 host commands (64 added CMD_SYNCs)');
  });

  it('has the same numbers in JSON and CSV, with sources, and sums to the total', async () => {
    const spec = 'sw-vcmdq:worker=poll --profile grace-cmdqv --set smmu.mem_latency_ns=250';
    const json = JSON.parse((await run(`strategies show ${spec} --json`)).stdout);
    expect(json).toMatchObject({ schema: 'smmuscope.strategy/1', strategy: 'sw-vcmdq:worker=poll', atc: 'vsid' });
    const rows: Record<string, string>[] = parse((await run(`strategies show ${spec} --reporter csv`)).stdout, {
      columns: true,
    });
    for (const [at, { commands, total_ns }] of json.submissions.entries()) {
      const mine = rows.filter((row) => row.commands === String(commands));
      expect(mine.reduce((sum, row) => sum + Number(row.ns), 0)).toBe(total_ns);
      expect(mine.map((row) => [row.stage, Number(row.times), Number(row.ns)])).toEqual(
        json.steps.map((step: { stage: string; times: number[]; ns: number[] }) => [
          step.stage,
          step.times[at],
          step.ns[at],
        ]),
      );
    }
    const fetch = json.steps.find((step: { stage: string }) => step.stage === 'fetch');
    expect(fetch).toMatchObject({ parameter: 'smmu.mem_latency_ns', tag: 'U', each_ns: 250, times: [2, 66] });
    expect(fetch.source).toContain('--set');
  });

  it('explains a strategy from a file', async () => {
    const { code, stdout } = await run('strategies show ./mine.mjs:limit=16');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deferred-ioctl:limit=16: /);
    expect(stdout).toContain('n=64: 2 exits, 4 ioctls');
  });

  it.each([
    ['strategies show iocl', /unknown strategy iocl; did you mean ioctl\?/],
    ['strategies show all', /expected one strategy .*found all/],
    ['strategies show ioctl,native', /expected one strategy .*found ioctl,native/],
    ['strategies show', /missing 1 required arg: name/],
    ['strategies show ioctl --profile none', /unknown profile none/],
    ['strategies show ./none.js', /\.\/none\.js: expected a strategy module, found no such file/],
  ])('%s is refused in one sentence', async (line, sentence) => {
    const { code, stdout, stderr } = await run(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('a strategy from a file', () => {
  it('is replayed, and the provenance names the file and its SHA-256', async () => {
    const { code, stdout, stderr } = await run('replay small.csv --strategy mine.mjs:limit=2 --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { provenance, results } = JSON.parse(stdout);
    expect(results[0].strategy).toBe('deferred-ioctl:limit=2');
    const sha256 = createHash('sha256').update(readFileSync(EXAMPLE)).digest('hex');
    expect(provenance.strategy_files).toEqual([{ strategy: 'deferred-ioctl', file: 'mine.mjs', sha256 }]);
  });

  it('is compared, can be the baseline by path or name, and the table says where it comes from', async () => {
    for (const baseline of ['./mine.mjs', 'deferred-ioctl']) {
      const { code, stdout } = await run(`compare small.csv --strategies ./mine.mjs,ioctl --baseline ${baseline}`);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^deferred-ioctl .* 1\.00x/m);
      expect(stdout).toMatch(/^strategy deferred-ioctl from mine\.mjs \(sha256 [0-9a-f]{12}\)$/m);
    }
  });

  it('may import what it needs from the package', async () => {
    mkdirSync(sandbox.path('node_modules'));
    symlinkSync(ROOT, sandbox.path('node_modules/smmuscope'));
    const text = readFileSync(EXAMPLE, 'utf8').replace(
      /export default \((\{.*\})\) => \(/,
      "import $1 from 'smmuscope';\nexport default (",
    );
    expect(text).toContain('import { Cost,');
    sandbox.write('importing.mjs', text);
    const shown = await run('strategies show ./importing.mjs');
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toBe((await run('strategies show ./mine.mjs')).stdout);
  });

  it('leaves no trace in the provenance of others', async () => {
    expect(JSON.parse((await run('replay small.csv --strategy ioctl --json')).stdout).provenance).not.toHaveProperty(
      'strategy_files',
    );
  });

  it('is refused before anything is read or written', async () => {
    const { code, stdout, stderr } = await run('compare missing.csv --strategies ./bad.mjs -o out.txt');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^smmuscope: \.\/bad\.mjs: name: expected a kebab-case name, found "Bad"; \.\/bad\.mjs: summary: /,
    );
    expect(sandbox.list()).not.toContain('out.txt');
  });

  it('is not overwritten by the report', async () => {
    const before = sandbox.read('mine.mjs');
    const { code, stderr } = await run('replay small.csv --strategy ./mine.mjs -o mine.mjs');
    expect(code).toBe(2);
    expect(stderr).toContain('other than the trace or strategy');
    expect(sandbox.read('mine.mjs')).toBe(before);
  });

  it('that fails in the middle of a replay is named with its line', async () => {
    const { code, stdout, stderr } = await run('replay small.csv --strategy ./fails.mjs');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^smmuscope: \.\/fails\.mjs:\d+: submit\(\): expected it to return, found Error: no more\n$/,
    );
  });
});
