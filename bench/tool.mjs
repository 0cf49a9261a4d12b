/** The tool's command line in a process of its own. */
import { spawnSync } from 'node:child_process';
import { RUN_JS } from './built.mjs';

/** Run `smmuscope ARGS`; returns what it said on standard error. `node` are options of Node itself. */
export function smmuscope(args, node = []) {
  const { status, stderr } = spawnSync(process.execPath, [...node, RUN_JS, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`smmuscope ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stderr;
}
