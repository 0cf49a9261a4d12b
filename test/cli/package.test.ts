/**
 * Command line, package: is what npm would publish small and complete: the built tool and its sample traces, no tests, no
 * sources, nothing of the machine it was made on?
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, Sandbox } from '../support/cli.js';

/** Packed, sample traces included. */
const MOST_BYTES = 5_000_000;

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** What `npm pack` would put in; without scripts, because `prepack` builds and `npm test` has built. */
function packed(): Packed {
  const sandbox = new Sandbox();
  try {
    const { status, stdout, stderr } = spawnSync(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { ...process.env, npm_config_cache: sandbox.path('cache'), npm_config_update_notifier: 'false' },
      },
    );
    if (status !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as [Packed])[0];
  } finally {
    sandbox.remove();
  }
}

describe('the npm package', () => {
  const { size, files } = packed();
  const paths = files.map(({ path }) => path);

  it('is small, sample traces included', () => {
    expect(size).toBeLessThan(MOST_BYTES);
    expect(size).toBeGreaterThan(MOST_BYTES / 10);
  });

  it('has what runs, and nothing else', () => {
    const needed = ['bin/run.js', 'dist/index.js', 'dist/index.d.ts', 'oclif.manifest.json', 'README.md', 'LICENSE'];
    const data = ['dist/profiles/neoverse-mmu700.yaml', 'traces/rebind-strict.qemu-7.2.log.xz'];
    expect(paths).toEqual(expect.arrayContaining([...needed, ...data, 'package.json']));
    const odd = paths.filter(
      (path) => !/^(bin\/run\.js|dist\/.*\.(js|d\.ts|yaml)|docs\/schemas\/.*\.json|traces\/.*)$/.test(path),
    );
    expect(odd.sort()).toEqual(['LICENSE', 'README.md', 'oclif.manifest.json', 'package.json']);
  });

  it('names no folder of the machine it was made on', () => {
    const texts = files.filter(({ path }) => /\.(js|ts|json|yaml|md|csv|jsonl)$/.test(path));
    expect(texts.length).toBeGreaterThan(100);
    const naming = texts.filter(({ path }) => readFileSync(join(ROOT, path), 'utf8').includes(ROOT));
    expect(naming.map(({ path }) => path)).toEqual([]);
  });
});
