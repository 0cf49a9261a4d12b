/** Command line: lint, generate, record and the transforms end to end, with their exit codes. */
import { afterAll, describe, expect, it } from 'vitest';
import { runPipeline, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

describe('lint', () => {
  it('exits with 0 for warnings, with 4 for errors, and says where', async () => {
    const warned = await warm.run(['lint', '-'], { input: SMALL_TRACE });
    expect(warned).toMatchObject({ code: 0, stderr: '' });
    expect(warned.stdout).toMatch(/warning unpublished-command \(1\)[\s\S]*<stdin>:13: /);
    const bad = await warm.run(['lint', '-', '--json'], {
      input: SMALL_TRACE.replace('2500,sync-done,0', '1500,sync-done,0'),
    });
    expect(bad).toMatchObject({ code: 4, stderr: '' });
    expect(JSON.parse(bad.stdout)).toMatchObject({ schema: 'smmuscope.lint/1', errors: 1 });
  });

  it('writes its report even when it exits with 4', async () => {
    const path = sandbox.write('bad.csv', 'time_ns,event,vcpu\n1,sync-done,0\n');
    const { code } = await warm.run(['lint', path, '--reporter', 'csv', '--output', sandbox.path('report.csv')]);
    expect(code).toBe(4);
    expect(sandbox.read('report.csv')).toContain('bad.csv,error,completion-without-sync,1,2,');
  });
});

describe('generate', () => {
  it('writes a trace that the other commands read, the same on standard output', async () => {
    const args = ['generate', 'nvme', sandbox.path('nvme.csv'), '--events', '500', '--seed', '5', '--set', 'depth=4'];
    expect(await warm.run(args)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const piped = await runPipeline('smmuscope generate nvme - --to csv --events 500 --seed 5 --set depth=4');
    expect(piped.stdout).toBe(sandbox.read('nvme.csv'));
    const counted = await warm.run(['inspect', sandbox.path('nvme.csv'), '--json']);
    expect(JSON.parse(counted.stdout).events).toBeGreaterThanOrEqual(500);
  });

  it.each([
    [['nvm', 'out.csv'], /unknown workload nvm; did you mean nvme\?/],
    [['nvme', 'out.csv', '--set', 'dept=1'], /unknown parameter dept of nvme; did you mean depth\?/],
    [['nvme', 'out.csv', '--kernel', 'new'], /--kernel: expected a Linux version/],
    [['nvme', 'out.csv', '--vcpus', '0'], /vcpus/],
  ])('%j is refused and leaves no file', async (args, message) => {
    const { code, stderr } = await warm.run(['generate', ...args], { cwd: sandbox.folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(sandbox.list().filter((name) => name.includes('out'))).toEqual([]);
  });
});

describe('transforms', () => {
  it('are named by replay and inspect', async () => {
    const flags = ['--guest-ats', '--guest-ril', 'off', '--repeat', '2', '--time-scale', '2'];
    const path = sandbox.write('small.csv', SMALL_TRACE);
    const replayed = await warm.run(['replay', path, '--strategy', 'native', '--json', ...flags]);
    const names = ['guest-ats', 'guest-ril', 'repeat', 'time-scale'];
    const { provenance } = JSON.parse(replayed.stdout);
    expect(provenance.transforms.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(provenance.traces[0].transforms[0]).toMatchObject({ name: 'guest-ats', submissions_inserted: 4 });
    const inspected = await warm.run(['inspect', path, '--json', ...flags]);
    expect(JSON.parse(inspected.stdout).transforms).toEqual(provenance.traces[0].transforms);
    expect((await warm.run(['compare', path, '--strategies', 'native', ...flags])).stdout).toContain(
      'guest transformed: guest-ats, guest-ril ranges=off',
    );
  });

  it.each([
    [['--guest-kernel', 'new'], 2, /--guest-kernel: expected a Linux version/],
    [['--time-scale', '0'], 2, /--time-scale: expected a number above 0/],
    [['--time-scale', '1e3'], 2, /--time-scale: expected/],
    [['--repeat', '0'], 2, /repeat/],
    [['--guest-ril', 'maybe'], 2, /guest-ril/],
  ])('%j is refused', async (flags, code, message) => {
    const run = await warm.run(['replay', '-', '--strategy', 'native', ...flags], { input: SMALL_TRACE });
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(message);
  });

  it('inspect --topology shows the guest as recorded', async () => {
    const run = await warm.run(['inspect', '-', '--topology', '--guest-ats'], { input: SMALL_TRACE });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/--topology: expected no guest transform beside it, found guest-ats/);
  });

  it('--repeat needs a file', async () => {
    const run = await warm.run(['replay', '-', '--strategy', 'native', '--repeat', '2'], { input: SMALL_TRACE });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/--repeat: expected a file/);
  });
});

describe('record', () => {
  it('refuses ATS on the emulated SMMUv3 and a version that is none', async () => {
    const ats = await warm.run(['record', 'qemu', '--ats']);
    expect(ats).toMatchObject({ code: 2, stdout: '' });
    expect(ats.stderr).toMatch(/--ats: expected --arch x86_64/);
    expect(await warm.run(['record', 'ftrace', '--kernel', 'six'])).toMatchObject({ code: 2 });
  });
});
