/**
 * Start-up of the built tool: CPU time (user and system) of whole processes that print help or the version, the least of
 * RUNS runs, which other work on the machine hardly moves.
 *
 *   node bench/start-up.mjs    prints a line per command and fails if one takes more than BOUND_MS
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const RUNS = 10;
/** What a user does not yet feel as waiting; a third of it is Node itself. */
const BOUND_MS = 250;

/** CPU time in ms of one run of `smmuscope ...args`. */
export function startUpMs(args) {
  const node = ['--require', join(import.meta.dirname, 'cpu-time.cjs'), join(ROOT, 'bin/run.js')];
  const { status, stderr } = spawnSync(process.execPath, [...node, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`smmuscope ${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(/CPU ([\d.]+) ms/.exec(stderr)[1]);
}

/** Measure `--version`, `--help` and the help of every command. */
function measureAll() {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  const helps = Object.keys(commands).map((id) => [...id.split(':'), '--help']);
  return [['--version'], ['--help'], ...helps].map((args) => ({
    what: `smmuscope ${args.join(' ')}`,
    ms: Math.min(...Array.from({ length: RUNS }, () => startUpMs(args))),
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { what, ms } of measureAll()) {
    const isSlow = ms > BOUND_MS;
    process.stdout.write(
      `${what.padEnd(36)} ${ms.toFixed(0).padStart(4)} ms of CPU${isSlow ? ` (more than ${BOUND_MS})` : ''}\n`,
    );
    if (isSlow) process.exitCode = 1;
  }
}
