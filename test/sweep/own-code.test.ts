/**
 * Sweeps with code of the user's own: is a point run anew when anything changes that its result depends on, and does nothing of
 * it run before somebody has allowed it?
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { requireAllowed } from '../../src/cli/allow-code.js';
import { buildDigest, toolIdentity } from '../../src/session/tool-identity.js';
import { planSweep } from '../../src/sweep/plan.js';
import { PointStore } from '../../src/sweep/point-store.js';
import { loadStudy, openStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { ROOT, runCli } from '../support/cli.js';
import { exits, ownStrategy } from '../support/own-strategy.js';
import { SMALL_TRACE, studyFile, temporaryFolder } from './studies.js';

const TRACES = `traces: ['${SMALL_TRACE}']`;

/** A folder with a study of \`strategies\` and files beside it. */
function study(strategies: string, files: Readonly<Record<string, string>>, more: readonly string[] = []) {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { folder, write, path: studyFile([TRACES, `strategies: [${strategies}]`, ...more], folder) };
}

/** Exits by point, and how many points a results folder holds. */
async function sweep(path: string, ...args: string[]) {
  const results = join(dirname(path), 'results');
  const all = ['sweep', path, '--allow-code', '--results', results, '--json', ...args];
  const { code, stdout, stderr } = await runCli(all);
  expect(code).toBe(0);
  const { points } = JSON.parse(stdout);
  const counts = points.map(
    ({ result }: never) =>
      (result as { results: { amplification: { exits: number } }[] }).results[0].amplification.exits,
  );
  return { points, exits: counts as number[], kept: readdirSync(results).length, stderr };
}

describe('a point is run anew', () => {
  it('when an import of its strategy has changed, and only then', async () => {
    const one = ownStrategy({
      name: 'one',
      before: "import { MORE } from './lib/more.mjs';",
      perSubmission: exits('MORE'),
    });
    const two = ownStrategy({ name: 'two', before: "import table from 'table';", perSubmission: exits('table.more') });
    const { path, write } = study('./one.mjs, ./two.mjs, ioctl', {
      'one.mjs': one,
      'two.mjs': two,
      'lib/more.mjs': "export { MORE } from './value.mjs';",
      'lib/value.mjs': 'export const MORE = 1;',
      'node_modules/table/package.json': '{"version":"1.0.0","main":"table.cjs"}',
      'node_modules/table/table.cjs': "module.exports = require('./value.json');",
      'node_modules/table/value.json': '{"more":1}',
    });
    const first = await sweep(path, '--jobs', '1');
    const again = await sweep(path, '--jobs', '2');
    expect(again).toEqual(first);
    expect(first.kept).toBe(3);
    const [{ result }] = first.points;
    expect(result.provenance.strategy_files[0].imports.map(({ file }: { file: string }) => file)).toEqual([
      'lib/more.mjs',
      'lib/value.mjs',
    ]);
    write('lib/value.mjs', 'export const MORE = 2;');
    const edited = await sweep(path, '--jobs', '2');
    expect(edited.kept).toBe(4);
    expect(edited.exits[0]).toBeGreaterThan(first.exits[0]);
    expect(edited.exits.slice(1)).toEqual(first.exits.slice(1));
    write('node_modules/table/value.json', '{"more":3}');
    const updated = await sweep(path, '--jobs', '1');
    expect(updated.kept).toBe(5);
    expect(updated.exits[1]).toBeGreaterThan(first.exits[1]);
    expect([updated.exits[0], updated.exits[2]]).toEqual([edited.exits[0], first.exits[2]]);
  });

  it('always if its code may depend on more than can be told, which is said', async () => {
    const reading =
      "import { readFileSync } from 'node:fs'; const MORE = Number(readFileSync(new URL('./more.txt', import.meta.url)));";
    const { path, write } = study('./own.mjs, ioctl', {
      'own.mjs': ownStrategy({ before: reading, perSubmission: exits('MORE') }),
      'more.txt': '1',
    });
    const first = await sweep(path);
    expect(first.kept).toBe(1);
    expect(first.stderr).toBe(
      'smmuscope: points of ./own.mjs are not kept: its code may depend on more than its files (own.mjs:1 uses node:fs)\n',
    );
    expect(first.points[0].result.provenance.strategy_files[0].not_covered).toEqual(['own.mjs:1 uses node:fs']);
    write('more.txt', '2');
    expect((await sweep(path)).exits[0]).toBeGreaterThan(first.exits[0]);
  });

  it('by another build of the tool', () => {
    const folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('a.js', '1');
    write('b.yaml', '2');
    const digest = buildDigest(folder, { x: '1' });
    write('a.js.map', '3');
    write('a.d.ts', '4');
    expect(buildDigest(folder, { x: '1' })).toBe(digest);
    expect(buildDigest(folder, { x: '2' })).not.toBe(digest);
    write('b.yaml', '3');
    expect(buildDigest(folder, { x: '1' })).not.toBe(digest);
    expect(toolIdentity().build).toMatch(/^[0-9a-f]{64}$/);
  });

  it('with another version of Node where the result depends on it, and there only', async () => {
    /** By point: is its identity the same in another version of Node? */
    const isSame = async (path: string) => {
      const ids = async () => (await planSweep(loadStudy(path, 9, 'leave'))).points.map(({ id }) => id);
      const here = await ids();
      const versions = { ...process.versions, v8: '0' };
      vi.stubGlobal('process', Object.create(process, { version: { value: 'v0' }, versions: { value: versions } }));
      onTestFinished(() => void vi.unstubAllGlobals());
      const elsewhere = await ids();
      vi.unstubAllGlobals();
      return here.map((id, at) => id === elsewhere[at]);
    };
    const own = { 'own.mjs': ownStrategy({}) };
    expect(await isSame(study('./own.mjs, ioctl', own).path)).toEqual([false, true]);
    expect(await isSame(study('ioctl', {}, ['replay: { background: 1000 }']).path)).toEqual([false]);
  });
});

it('names in the provenance of a point its own file only, whatever else has that name', async () => {
  const named = (more: string) => ownStrategy({ name: 'same', perSubmission: exits(more) });
  const { path } = study('a/own.mjs, b/own.mjs', { 'a/own.mjs': named('1'), 'b/own.mjs': named('2') });
  const { points } = await runSweep(await planSweep(loadStudy(path, 9, 'run')), { jobs: 1 });
  const files = points.map(({ result }) => result?.provenance.strategy_files ?? []);
  expect(files.map((list) => list.length)).toEqual([1, 1]);
  expect(files[0][0].sha256).not.toBe(files[1][0].sha256);
});

it('finds two spellings of one point of the user’s own', async () => {
  const { path } = study('./own.mjs, "./own.mjs:size=1"', { 'own.mjs': ownStrategy({}) });
  await expect(planSweep(loadStudy(path, 9, 'run'))).rejects.toThrow('expected every point once');
});

it('fails a point whose code has changed since the sweep was planned', async () => {
  const { path, write } = study('./own.mjs', { 'own.mjs': ownStrategy({}) });
  const plan = await planSweep(loadStudy(path, 9, 'leave'));
  write('own.mjs', ownStrategy({ perSubmission: exits('1') }));
  const store = PointStore.open(join(dirname(path), 'results'));
  const { points } = await runSweep(plan, { jobs: 1, store });
  expect(points[0].error).toEqual({
    exit_code: 2,
    message: 'own.mjs: expected the code that the sweep began with, found it changed',
  });
  expect(store.load(plan.points[0].id)).toBeUndefined();
});

it('fails the points of a file that changes while the sweep runs, and keeps none of them', async () => {
  const trace = readFileSync(SMALL_TRACE, 'utf8');
  const profile = readFileSync(join(ROOT, 'src/profiles/neoverse-mmu700.yaml'), 'utf8');
  const { path, write } = study('ioctl', { 'a.csv': trace, 'b.csv': trace, 'p.yaml': profile }, ['profiles: [p.yaml]']);
  write('study.yaml', readFileSync(path, 'utf8').replace(TRACES, 'traces: [a.csv, b.csv]'));
  const messages = async (change: () => void) => {
    const plan = await planSweep(loadStudy(path, 9));
    change();
    const store = PointStore.open(temporaryFolder());
    const { points } = await runSweep(plan, { jobs: 1, store });
    expect(plan.points.map(({ id }) => store.load(id) !== undefined)).toEqual(
      points.map(({ result }) => result !== null),
    );
    return points.map(({ error }) => error?.message);
  };
  const sentence = (name: string) => `${name}: expected the file that the sweep began with, found it changed`;
  expect(await messages(() => {})).toEqual([undefined, undefined]);
  expect(await messages(() => write('b.csv', `${trace}\n`))).toEqual([undefined, sentence('b.csv')]);
  expect(await messages(() => write('p.yaml', `${profile}\n`))).toEqual([sentence('p.yaml'), sentence('p.yaml')]);
});

describe('code that a study names', () => {
  /** A study whose code leaves a file behind when it is run. */
  function marking(strategies = './own.mjs', points: readonly string[] = []) {
    const folder = temporaryFolder();
    const mark = join(folder, 'mark');
    const before = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, '');`;
    const made = study(strategies, { 'own.mjs': ownStrategy({ before }) }, points);
    return { ...made, hasRun: () => existsSync(mark) };
  }

  it.each([
    ['./own.mjs', [], /study\.yaml:3: strategies\[0\]: expected --allow-code .*, found \.\/own\.mjs without it/],
    ['ioctl', ['points: [{ strategy: own.mjs }]'], /study\.yaml:4: points\[0\]\.strategy: expected --allow-code /],
    ['"ioctl,./own.mjs"', [], /found \.\/own\.mjs without it/],
    ['"hw-vcmdq:x=,./own.mjs"', [], /found \.\/own\.mjs without it/],
  ])('is refused without --allow-code: %s %j', async (strategies, points, sentence) => {
    const { path, hasRun } = marking(strategies, points);
    const { code, stdout, stderr } = await runCli(['sweep', path, '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(hasRun()).toBe(false);
  });

  it('is run with it', async () => {
    const { path, hasRun } = marking();
    expect(await runCli(['sweep', path, '--allow-code', '--quiet', '--json'])).toMatchObject({ code: 0, stderr: '' });
    expect(hasRun()).toBe(true);
  });

  it('is never run by --dry-run, which plans the same points', async () => {
    const { path, hasRun, write } = marking('./own.mjs, ioctl');
    const { code, stdout } = await runCli(['sweep', path, '--dry-run', '--allow-code']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^to run: 2\ntime: .*, code of your own taken for ioctl$/m);
    expect(hasRun()).toBe(false);
    const idOf = async (policy: 'leave' | 'run') => (await planSweep(loadStudy(path, 9, policy))).id;
    expect(await idOf('run')).toBe(await idOf('leave'));
    write('own.mjs', ownStrategy({}));
    await sweep(path);
    expect((await runCli(['sweep', path, '--dry-run', '--results', join(dirname(path), 'results')])).stdout).toContain(
      'to run: 0',
    );
  });

  it.each([
    ['y\n', true],
    [' Yes \n', true],
    ['n\n', false],
    ['\n', false],
    ['', false],
  ])('is run if somebody at a terminal says so: %j', async (answer, isRun) => {
    const { code } = openStudy(marking().path, 9);
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = Object.assign(new PassThrough(), { isTTY: true });
    input.end(answer);
    const allowed = requireAllowed(code, false, { input, output });
    if (isRun) await allowed;
    else await expect(allowed).rejects.toThrow('expected --allow-code');
    expect(String(output.read())).toMatch(/study\.yaml:3: strategies\[0\]: "\.\/own\.mjs"\n.*Run it\? \[y\/N\] /);
  });
});
