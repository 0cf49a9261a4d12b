/**
 * No command opens a socket to a network (`npm run test:network`, Linux with strace): runs each with `strace -f -e
 * trace=network` and ends with 1 for a socket of any family but AF_UNIX, for a connect and for a listen. What is left are the
 * pairs of local sockets by which a process talks to a child.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const commands = JSON.parse(readFileSync(join(import.meta.dirname, 'commands.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'smmuscope-strace-'));

/** System calls of `command` that concern networks, one a line. */
function callsOf(command) {
  const log = join(folder, 'strace.log');
  const args = command.split(' ').map((arg) => arg.replace('{tmp}', folder));
  const strace = ['-f', '-qq', '-e', 'trace=network', '-e', 'signal=none', '-o', log];
  const env = { ...process.env, HOME: folder };
  const tool = spawnSync('strace', [...strace, process.execPath, join(root, 'bin/run.js'), ...args], { cwd: root, env });
  if (tool.error !== undefined) throw new Error(`strace: ${tool.error.message} (apt-get install strace)`);
  if (tool.status !== 0) throw new Error(`${command}: expected exit code 0, found ${tool.status}: ${tool.stderr}`);
  return readFileSync(log, 'utf8').split('\n').filter((line) => line !== '');
}

const isForeign = (call) => /\b(?:connect|bind|listen|accept4?|sendto|sendmsg|recvfrom)\(|\bsocket\((?!AF_UNIX)/.test(call);

try {
  for (const command of commands) {
    const calls = callsOf(command);
    const foreign = calls.filter(isForeign);
    console.log(`${command}: ${calls.length} calls, ${foreign.length} to a network`);
    for (const call of foreign) console.error(`  ${call}`);
    if (foreign.length > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
