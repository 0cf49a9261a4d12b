/**
 * CLI tier: does no command load the libraries of charts and timelines before one is asked for? Help and version load the
 * modules of commands; whatever these import without `await` is loaded with them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';

const HEAVY = /^(@observablehq\/plot|linkedom|uplot|pbf)(\/|$)/;

/** Packages that `module` of dist/ imports statically, through its own modules too. */
function packagesOf(module: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(module)) return packages;
  seen.add(module);
  const code = readFileSync(module, 'utf8');
  for (const [, name] of code.matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?'([^']+)'/gm)) {
    if (!name.startsWith('.')) packages.add(name);
    else for (const inner of packagesOf(resolve(dirname(module), name), seen)) packages.add(inner);
  }
  return packages;
}

const commands = readdirSync(join(ROOT, 'dist/commands'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.js'),
);

describe('libraries of charts and timelines', () => {
  it.each(commands)('%s does not import them', (name) => {
    const packages = packagesOf(join(ROOT, 'dist/commands', name));
    expect(packages).toContain('@oclif/core');
    expect([...packages].filter((one) => HEAVY.test(one))).toEqual([]);
  });

  it('no reporter imports them before it renders', () => {
    const packages = packagesOf(join(ROOT, 'dist/reporters/registry.js'));
    expect(packages).toContain('csv-stringify/sync');
    expect([...packages].filter((one) => HEAVY.test(one))).toEqual([]);
  });

  it.each([
    ['reporters/html/page.js', 'linkedom'],
    ['reporters/html/charts.js', '@observablehq/plot'],
    ['timeline/perfetto-sink.js', 'pbf'],
  ])('%s does, so this would be noticed', (module, name) => {
    expect(packagesOf(join(ROOT, 'dist', module))).toContain(name);
  });
});
