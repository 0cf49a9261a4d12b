/** Faults survived, two runs at once: does one of two equal sweeps stand back, and do others share a folder in peace? */
import { readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { lockFolder } from '../../src/files/folder-lock.js';
import { livenessOf, thisOwner } from '../../src/files/owner.js';
import { removeLeftovers } from '../../src/files/temporary.js';
import { finished, ROOT, runCli, Sandbox, startCli } from '../support/cli.js';

const sandboxes: Sandbox[] = [];
afterAll(() => {
  for (const sandbox of sandboxes) sandbox.remove();
});

function study(): Sandbox {
  const sandbox = new Sandbox();
  sandboxes.push(sandbox);
  sandbox.write(
    'study.yaml',
    `schema: smmuscope.study/1\ntraces: ['${ROOT}/traces/boot-strict.qemu-7.2.log.xz']\nstrategies: [ioctl, native]\nvms: [1, 2, 4]\n`,
  );
  return sandbox;
}

const SWEEP = ['sweep', 'study.yaml', '--jobs', '1', '--results', 'results', '--json'];
const locksIn = (sandbox: Sandbox) => readdirSync(sandbox.path('results')).filter((name) => name.endsWith('.lock'));

it('one of two equal sweeps is refused, and what the other has done is whole', async () => {
  const sandbox = study();
  const runs = await Promise.all([1, 2].map(() => runCli(SWEEP, { cwd: sandbox.folder })));
  const [done, refused] = runs.sort((a, b) => Number(a.code) - Number(b.code));
  expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' });
  // Where the first had ended before the second began, both have done it.
  if (refused.code !== 0) {
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^smmuscope: results: expected one run of this study at a time, found process \d+ at it\n$/,
    );
  } else expect(refused.stdout).toBe(done.stdout);
  const again = await runCli(SWEEP, { cwd: sandbox.folder });
  expect(again.stdout).toBe(done.stdout);
  expect(readdirSync(sandbox.path('results')).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
});

it('a second sweep is refused while the first is at work, another shard is not', async () => {
  const sandbox = study();
  const first = startCli(SWEEP, { cwd: sandbox.folder });
  const end = finished(first);
  while (!sandbox.list().includes('results') || locksIn(sandbox).length === 0) await sleep(5);
  first.kill('SIGSTOP');
  const second = await runCli(SWEEP, { cwd: sandbox.folder });
  expect(second).toEqual({
    code: 2,
    stdout: '',
    stderr: `smmuscope: results: expected one run of this study at a time, found process ${first.pid} at it\n`,
  });
  const shard = await runCli([...SWEEP, '--shard', '1/2'], { cwd: sandbox.folder });
  expect(shard.code).toBe(0);
  first.kill('SIGCONT');
  expect((await end).code).toBe(0);
  expect(locksIn(sandbox)).toEqual([]);
});

const owner = (change: Partial<Record<'place' | 'boot' | 'pid' | 'began', string>>): string => {
  const [place, boot, pid, began] = thisOwner.split('-');
  return Object.values({ place, boot, pid, began, ...change }).join('-');
};

it('knows of an owner what can be known', () => {
  expect(livenessOf(thisOwner)).toBe('alive');
  // A number that no process has, and one that has been given again.
  expect(livenessOf(owner({ pid: '4194305' }))).toBe('dead');
  if (process.platform === 'linux') expect(livenessOf(owner({ began: '1' }))).toBe('dead');
  expect(livenessOf(owner({ place: '00000000', pid: '4194305' }))).toBe('unknown');
  expect(livenessOf(hostname())).toBe('unknown');
});

it('removes what dead owners left, and nothing else', () => {
  const sandbox = study();
  const dead = owner({ pid: '4194305' });
  const kept = [
    `.smmuscope-${thisOwner}-00000000.tmp`,
    `.smmuscope-${owner({ place: '00000000' })}-00000000.tmp`,
    '.smmuscope-notes',
    'study.yaml',
  ];
  for (const name of [...kept, `.smmuscope-${dead}-00000000.tmp`]) writeFileSync(sandbox.path(name), '');
  symlinkSync(dead, sandbox.path('.smmuscope-0123-all.lock'));
  removeLeftovers(sandbox.folder);
  expect(sandbox.list()).toEqual(kept.sort());
});

it('takes the lock of a dead owner over; one of an unknown owner holds nobody up', () => {
  const sandbox = study();
  const path = join(sandbox.folder, '.smmuscope-key.lock');
  symlinkSync(owner({ pid: '4194305' }), path);
  const lock = lockFolder(sandbox.folder, 'key');
  expect(readlinkSync(path)).toBe(thisOwner);
  expect(lockFolder(sandbox.folder, 'key')).toEqual({ processId: process.pid });
  if (!('release' in lock)) throw new Error('expected a lock');
  lock.release();
  expect(sandbox.list()).toEqual(['study.yaml']);
  symlinkSync(owner({ place: '00000000' }), path);
  expect(lockFolder(sandbox.folder, 'key')).toHaveProperty('release');
  expect(readlinkSync(path)).toBe(owner({ place: '00000000' }));
});
