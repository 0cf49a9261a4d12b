/**
 * The package in an empty folder, as npm would leave it there: the tarball unpacked into node_modules/ among the locked
 * versions of what it depends on, which are copied from this repository's node_modules/. Nothing else of the repository can
 * be reached from there. What this does not show is npm's own choice of versions: it would need the registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, Sandbox } from '../support/cli.js';

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Run to the end, or throw what was printed. */
function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/**
 * The tarball: SMMUSCOPE_TARBALL, made from a fresh clone (fresh-clone.mjs), or packed here from what is built; without
 * scripts, because `prepack` would build anew under the feet of other tests.
 */
function tarball(sandbox: Sandbox): string {
  const { SMMUSCOPE_TARBALL: given } = process.env;
  if (given !== undefined) return given;
  const args = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', sandbox.folder];
  const env = { npm_config_cache: sandbox.path('cache'), npm_config_update_notifier: 'false' };
  const [{ filename }] = JSON.parse(run('npm', args, ROOT, env)) as [{ filename: string }];
  return sandbox.path(filename);
}

/** Folders below node_modules/ that belong to the tool, those of dependencies of dependencies included. */
function productionFolders(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(packages).flatMap(([path, { dev, devOptional }]) =>
    // What is nested comes with what it is nested in.
    path.startsWith('node_modules/') && path.split('node_modules/').length === 2 && !dev && !devOptional ? [path] : [],
  );
}

/** Install into a new sandbox. @param further packages of node_modules/ that the folder has besides */
export function install(further: readonly string[] = []): Sandbox {
  const sandbox = new Sandbox();
  const packed = tarball(sandbox);
  const own = sandbox.path('node_modules/smmuscope');
  for (const folder of [own, sandbox.path('node_modules/.bin')]) mkdirSync(folder, { recursive: true });
  run('tar', ['-xzf', packed, '-C', own, '--strip-components=1'], sandbox.folder);
  const dependencies = [...productionFolders(), ...further.map((name) => `node_modules/${name}`)];
  run('tar', ['-cf', sandbox.path('dependencies.tar'), ...dependencies], ROOT);
  run('tar', ['-xf', sandbox.path('dependencies.tar')], sandbox.folder);
  const { bin } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { bin: { smmuscope: string } };
  symlinkSync(`../smmuscope/${bin.smmuscope}`, sandbox.path('node_modules/.bin/smmuscope'));
  return sandbox;
}
