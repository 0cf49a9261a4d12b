/**
 * Start-up of the built tool: CPU time (user and system) of whole processes that print help or the version, the least of
 * RUNS runs, which other work on the machine hardly moves.
 *
 *   node bench/start-up.mjs    prints a line per command and fails if one takes more than BOUND_MS, or, on a machine on
 *                              which Node alone takes longer than NODE_MS, as many times more as that does
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const RUNS = 10;
/** What a user does not yet feel as waiting; a third of it is Node itself. */
const BOUND_MS = 250;
/** Of a machine for which that bound is meant: CPU time in which Node starts and ends, ms. */
const NODE_MS = 50;

/** CPU time in ms of one run of Node with `args`. */
function cpuMs(args) {
  const node = ['--require', join(import.meta.dirname, 'cpu-time.cjs'), ...args];
  const { status, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(/CPU ([\d.]+) ms/.exec(stderr)[1]);
}

/** CPU time in ms of one run of `smmuscope ...args`. */
export const startUpMs = (args) => cpuMs([join(ROOT, 'bin/run.js'), ...args]);

const least = (measure) => Math.min(...Array.from({ length: RUNS }, measure));

/** Measure `--version`, `--help` and the help of every command. */
function measureAll() {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  const helps = Object.keys(commands).map((id) => [...id.split(':'), '--help']);
  return [['--version'], ['--help'], ...helps].map((args) => ({
    what: `smmuscope ${args.join(' ')}`,
    ms: least(() => startUpMs(args)),
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const nodeMs = least(() => cpuMs(['--eval', '']));
  const boundMs = BOUND_MS * Math.max(1, nodeMs / NODE_MS);
  process.stdout.write(
    `${'node'.padEnd(36)} ${nodeMs.toFixed(0).padStart(4)} ms of CPU, bound ${boundMs.toFixed(0)} ms\n`,
  );
  for (const { what, ms } of measureAll()) {
    const isSlow = ms > boundMs;
    process.stdout.write(
      `${what.padEnd(36)} ${ms.toFixed(0).padStart(4)} ms of CPU${isSlow ? ` (more than ${boundMs.toFixed(0)})` : ''}\n`,
    );
    if (isSlow) process.exitCode = 1;
  }
}
