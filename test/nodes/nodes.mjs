/**
 * The same JSON on every Node that the tool runs on (`npm run test:nodes`): fetches the others from the npm registry into a
 * temporary folder, which is removed again, has same-json.test.ts compare them with the one at hand, and runs the installed
 * package on each.
 *
 * Usage: nodes.mjs [VERSION…]   (default: 20 22 24)
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24'];
const root = join(import.meta.dirname, '../..');
/** Holds the binary alone; the package `node` would fetch it by a script when it is installed. */
const packageName = `node-${process.platform}-${process.arch}`;

/** Run to the end, or throw. */
function run(command, args, options) {
  const { status, error, stdout } = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: expected exit code 0, found ${status}`);
  return String(stdout ?? '').trim();
}

const folder = mkdtempSync(join(tmpdir(), 'smmuscope-nodes-'));
try {
  const binaries = versions.map((version) => {
    const prefix = join(folder, version);
    run('npm', ['install', '--prefix', prefix, '--ignore-scripts', '--no-save', `${packageName}@${version}`]);
    const binary = join(prefix, 'node_modules', packageName, 'bin/node');
    console.log(`${binary}: ${run(binary, ['--version'])}`);
    return binary;
  });
  const env = { ...process.env, SMMUSCOPE_NODES: binaries.join(delimiter) };
  const files = ['test/nodes/same-json.test.ts', 'test/package/installed.test.ts'];
  run('npx', ['vitest', 'run', ...files, '--testTimeout', '600000'], { cwd: root, env, stdio: 'inherit' });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
