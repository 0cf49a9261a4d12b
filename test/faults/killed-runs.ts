/** Commands that are killed with SIGKILL at random moments, and what must be true of their files whenever that is. */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomInteger } from '../analysis/oracle/random.js';
import { finished, ROOT, runCli, Sandbox, startCli } from '../support/cli.js';

/** A command that writes files. */
export interface Scenario {
  readonly name: string;
  /** Makes inputs in the folder in which the command runs; they keep their names. */
  prepare?(sandbox: Sandbox): Promise<void> | void;
  readonly args: readonly string[];
}

const TRACE = `${ROOT}/traces/rebind-strict.qemu-7.2.log.xz`;
const FTRACE = `${ROOT}/traces/rebind-strict.ftrace.txt.xz`;
const STUDY = `schema: smmuscope.study/1
traces: ['${ROOT}/traces/boot-strict.qemu-7.2.log.xz']
strategies: [ioctl, ioctl-batched, sw-vcmdq, hw-vcmdq, native]
vms: [1, 2, 4, 8]
`;
/** Points of the study that `merge` puts together, about 10 MB of JSON. */
const MERGED_POINTS = 1200;

/** Each takes a second and more, most of it after the output was opened. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'sweep',
    prepare: (sandbox) => void sandbox.write('study.yaml', STUDY),
    args: ['sweep', 'study.yaml', '--jobs', '1', '--results', 'results', '--json', '--output', 'study.json'],
  },
  { name: 'merge', prepare: writeLargeShard, args: ['merge', 'shard.json', '--json', '--output', 'study.json'] },
  { name: 'convert', args: ['convert', TRACE, 'out.csv.gz'] },
  { name: 'generate', args: ['generate', 'nic-ring', 'out.csv', '--events', '700000'] },
  {
    name: 'calibrate',
    args: [
      ...['calibrate', FTRACE, '--limit', '8000', '--strategy', `${ROOT}/docs/examples/emulated.mjs`],
      ...['--json', '--output', 'fit.json', '--profile-out', 'fit.yaml'],
    ],
  },
  { name: 'replay', args: ['replay', TRACE, '--strategy', 'ioctl', '--json', '--output', 'out.json'] },
];

/** A shard of many points, from a study of one. */
async function writeLargeShard(sandbox: Sandbox): Promise<void> {
  sandbox.write(
    'one.yaml',
    `schema: smmuscope.study/1\ntraces: ['${ROOT}/traces/csv/strict-unmap.csv']\nstrategies: [ioctl]\n`,
  );
  const { stdout } = await runCli(['sweep', 'one.yaml', '--shard', '1/1', '--json'], { cwd: sandbox.folder });
  rmSync(sandbox.path('one.yaml'));
  const shard = JSON.parse(stdout);
  const [point] = shard.points;
  shard.points = Array.from({ length: MERGED_POINTS }, (_, index) => ({ ...point, index }));
  shard.provenance.study.points = MERGED_POINTS;
  sandbox.write('shard.json', JSON.stringify(shard));
}

/** What became of the kills of one scenario. */
export interface KillCount {
  readonly kills: number;
  /** Kills that found the process at work with an output opened. */
  readonly inside: number;
  /** Kills that found it starting, or with its outputs written; and those that came when it had ended. */
  readonly outside: number;
  readonly after: number;
}

/** One kill in so many comes at any moment of the run, its start included; the others once it has opened an output. */
const ANY_MOMENT = 10;

/** Names of what a killed run may leave until the next one: never anything that looks like a result. */
const LEFTOVER = /^\.smmuscope-[0-9a-z-]+\.(tmp|lock)$/;

/**
 * Kill the scenario's command `kills` times, run it to its end after each `everyKills` of them.
 * @throws Error for half a file, other bytes than those of a run that nobody killed, or litter after a whole run
 */
export async function killAtRandom(
  { name, prepare, args }: Scenario,
  kills: number,
  everyKills: number,
  below: RandomInteger,
): Promise<KillCount> {
  const sandbox = new Sandbox();
  try {
    await prepare?.(sandbox);
    const inputs = filesOf(sandbox.folder);
    const run = async () => {
      const { code, stderr } = await runCli(args, { cwd: sandbox.folder });
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
    };
    const times = await timed(args, sandbox.folder);
    const whole = filesOf(sandbox.folder);
    const clear = () => {
      for (const file of whole.keys()) if (!inputs.has(file)) rmSync(join(sandbox.folder, file), { force: true });
    };
    const count = { kills, inside: 0, outside: 0, after: 0 };
    for (let kill = 1; kill <= kills; kill++) {
      clear();
      const child = startCli(args, { cwd: sandbox.folder });
      const end = finished(child);
      const isAnyMoment = below(ANY_MOMENT) === 0;
      if (!isAnyMoment) await opened(child, sandbox.folder);
      await sleep(below(Math.ceil(isAnyMoment ? times.startMs + times.workMs : times.workMs)));
      const hasEnded = child.exitCode !== null;
      child.kill('SIGKILL');
      await end;
      if (hasEnded) count.after++;
      else if (hasOpened(child, sandbox.folder)) count.inside++;
      else count.outside++;
      expectWhole(name, filesOf(sandbox.folder), whole);
      if (kill % everyKills !== 0 && kill !== kills) continue;
      await run();
      const after = filesOf(sandbox.folder);
      expectWhole(name, after, whole);
      const wrong = [...whole.keys()].filter((file) => !after.has(file));
      if (wrong.length > 0) throw new Error(`${name}: a run after a kill lacks ${wrong.join(', ')}`);
      const litter = leftoversOf(sandbox.folder);
      if (litter.length > 0) throw new Error(`${name}: a run after a kill leaves ${litter.join(', ')}`);
    }
    return count;
  } finally {
    sandbox.remove();
  }
}

/** Run the command to its end; how long it took to open an output, and from then on. */
async function timed(args: readonly string[], folder: string): Promise<{ startMs: number; workMs: number }> {
  const began = performance.now();
  const child = startCli(args, { cwd: folder });
  const end = finished(child);
  await opened(child, folder);
  const startMs = performance.now() - began;
  const { code, stderr } = await end;
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${stderr}`);
  return { startMs, workMs: performance.now() - began - startMs };
}

/** Resolves when `child` has opened an output in `folder`, or has ended. */
async function opened(child: ChildProcess, folder: string): Promise<void> {
  while (child.exitCode === null && !hasOpened(child, folder)) await sleep(2);
}

const hasOpened = (child: ChildProcess, folder: string): boolean =>
  leftoversOf(folder).some((file) => file.includes(`-${child.pid}-`));

/** Digest by path of everything in `folder` but leftovers. */
function filesOf(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of entriesOf(folder)) {
    if (LEFTOVER.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
  return files;
}

const leftoversOf = (folder: string): string[] =>
  entriesOf(folder).flatMap(({ name }) => (LEFTOVER.test(name) ? [name] : []));

const entriesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());

/** Every file is one that a whole run makes, with its bytes. */
function expectWhole(name: string, found: ReadonlyMap<string, string>, whole: ReadonlyMap<string, string>): void {
  for (const [file, digest] of found) {
    if (whole.get(file) !== digest) throw new Error(`${name}: ${file} is not what a whole run makes`);
  }
}
