/**
 * What `npm pack` makes of a fresh clone (`npm run test:package`): clones the commit at hand, packs it there, where nothing is
 * built or installed, and has installed.test.ts install that tarball. Needs the npm registry, as `npm ci` does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Run to the end and give what was printed, or throw. */
function run(command, args, options) {
  const { status, error, stdout } = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: expected exit code 0, found ${status}`);
  return String(stdout ?? '');
}

const folder = mkdtempSync(join(tmpdir(), 'smmuscope-clone-'));
try {
  const clone = join(folder, 'clone');
  run('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
  run('npm', ['pack', '--pack-destination', folder], { cwd: clone });
  const { name, version } = JSON.parse(run('node', ['-p', 'JSON.stringify(require("./package.json"))'], { cwd: clone }));
  const env = { ...process.env, SMMUSCOPE_TARBALL: join(folder, `${name}-${version}.tgz`) };
  run('npx', ['vitest', 'run', 'test/package/installed.test.ts', '--reporter', 'default'], { cwd: root, env, stdio: 'inherit' });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
