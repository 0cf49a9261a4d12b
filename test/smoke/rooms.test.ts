/**
 * Smoke tier: is the fence between the rooms of src/ complete? biome.json says per room what it may import; what it forbids has to be
 * every other room, those that were built later too. The linter then holds the code to it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** The commands are on top of all and may import any room. */
const FENCED = ROOMS.filter((room) => room !== 'commands');
/** `pure-rand/distribution` looks like our room of that name to a pattern: who draws numbers cannot forbid it. */
const DRAWS_NUMBERS: ReadonlySet<string> = new Set(['generate', 'statistics']);

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

/** The pattern that fences a room, wherever in its override it stands. */
function fenceOf(room: string): Pattern {
  const found: Pattern[] = [];
  JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'), (_, value) => {
    if (typeof value?.message === 'string' && value.message.startsWith(`src/${room} may import only: `))
      found.push(value);
    return value;
  });
  expect(found, `fences of src/${room}`).toHaveLength(1);
  return found[0];
}

describe('rooms of src/', () => {
  it.each(FENCED)('%s forbids every room that it does not name', (room) => {
    const { group, message } = fenceOf(room);
    const named = message
      .replace(/^.*only: /, '')
      .replace(/ \(see.*$/, '')
      .split(', ');
    const forbidden = group.map((pattern) => pattern.split('/')[1]).sort();
    const expected = ROOMS.filter((other) => other !== room && !named.includes(other));
    expect(forbidden).toEqual(expected.filter((other) => other !== 'distribution' || !DRAWS_NUMBERS.has(room)).sort());
  });

  it('are all on the map', () => {
    const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8');
    expect(ROOMS.filter((room) => !map.includes(`\`${room}/\``))).toEqual([]);
  });
});
