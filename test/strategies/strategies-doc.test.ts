/**
 * Strategies tier: does docs/strategies.md tell the truth? Every strategy of the registry and no other has its paragraph, and
 * the counts of its table are those of the path.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { loadProfile } from '../../src/profiles/load.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { resolveStrategies, targetingNames } from '../../src/strategies/spec.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/strategies.md'), 'utf8');
const ROWS = [...PAGE.matchAll(/^\| `([\w-]+)` \| (\S+) \| (\S+) \| (\S+) \|$/gm)].map(([, name, ...cells]) => ({
  name,
  cells,
}));

/** Value of a cell of the table: a number, n, or the number of blocks of 63. */
function evaluate(cell: string, n: number): number {
  if (cell === 'n') return n;
  return cell === '⌈n/63⌉' ? Math.ceil(n / 63) : Number(cell);
}

describe('docs/strategies.md', () => {
  it('has a paragraph and a row for every strategy and for nothing else', () => {
    const headings = [...PAGE.matchAll(/^### `(.*)`$/gm)].map(([, name]) => name);
    expect(headings).toEqual(strategyNames());
    expect(ROWS.map((row) => row.name)).toEqual(strategyNames());
  });

  it('names every targeting', () => {
    const section = /^## Targetings\n([\s\S]*?)^## /m.exec(PAGE)?.[1] ?? '';
    for (const name of targetingNames()) expect(section).toContain(`\`${name}\``);
  });

  it.each(ROWS)('counts exits, ioctls and CMD_SYNCs of $name', ({ name, cells }) => {
    const sizes = [1, 8, 63, 64, 130];
    const profile = loadProfile('neoverse-mmu700');
    for (const size of explainStrategy(resolveStrategies([name])[0], profile, sizes).sizes) {
      const counted = [size.exits, size.ioctls, size.hostCommands - size.commands];
      expect(counted).toEqual(cells.map((cell) => evaluate(cell, size.commands)));
    }
  });
});
