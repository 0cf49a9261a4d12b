/**
 * Sameness: does a command write the same JSON, byte for byte, whatever the number of threads, the time zone, the language,
 * the width, the home and the folder that it runs in, and whatever the version of Node? `npm run test:nodes` names further
 * Nodes in SMMUSCOPE_NODES; without it the one at hand is asked.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finished, ROOT, Sandbox, toolEnvironment } from '../support/cli.js';

const COMMANDS: readonly string[][] = JSON.parse(readFileSync(join(import.meta.dirname, 'commands.json'), 'utf8'));
const NODES = [process.execPath, ...(process.env.SMMUSCOPE_NODES ?? '').split(delimiter).filter((path) => path !== '')];

/** Where and how a command runs. */
interface Surroundings {
  readonly jobs: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const sandbox = new Sandbox();
let reference: Surroundings;
let others: Surroundings[];
beforeAll(() => {
  reference = {
    jobs: 1,
    cwd: ROOT,
    env: { TZ: 'UTC', LANG: 'C', LC_ALL: 'C', COLUMNS: '80', HOME: sandbox.path('.') },
  };
  const elsewhere = { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', COLUMNS: '211' };
  others = [
    { jobs: 2, cwd: sandbox.path('.'), env: { ...elsewhere, HOME: '/nonexistent' } },
    { jobs: 4, cwd: '/', env: { ...elsewhere, TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8', LC_ALL: '', HOME: ROOT } },
  ];
});
afterAll(() => sandbox.remove());

/** What `command` writes: a hash, and its size to tell that there is something. */
async function written(node: string, command: readonly string[], { jobs, cwd, env }: Surroundings) {
  const args = command.flatMap((arg) => (arg === '{jobs}' ? ['--jobs', `${jobs}`] : [arg.replace('{root}', ROOT)]));
  const child = spawn(node, [join(ROOT, 'bin/run.js'), ...args, '--json'], { cwd, env: toolEnvironment(env) });
  const { code, stdout, stderr } = await finished(child);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.length).toBeGreaterThan(500);
  return createHash('sha256').update(stdout).digest('hex');
}

const expected = new Map<readonly string[], Promise<string>>();
function reached(command: readonly string[]): Promise<string> {
  const known = expected.get(command) ?? written(process.execPath, command, reference);
  expected.set(command, known);
  return known;
}

describe.each(NODES)('%s', (node) => {
  it.concurrent.each(COMMANDS.map((command) => [command.join(' '), command] as const))('%s', async (_name, command) => {
    // Threads are a matter of commands that have some; all surroundings change at once.
    const varied = command.includes('{jobs}') ? others : others.slice(0, 1);
    for (const surroundings of node === process.execPath ? varied : [reference, ...varied]) {
      expect(await written(node, command, surroundings)).toBe(await reached(command));
    }
  });
});
