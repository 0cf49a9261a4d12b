/** Is the table of rooms kept, and is each kind of breach found? */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
// @ts-expect-error a script, which is what `npm run lint` runs
import { breaches } from './rooms.mjs';

const SOURCE = join(ROOT, 'src');
const TABLE = readFileSync(join(SOURCE, 'rooms.txt'), 'utf8');

describe('rooms of src/', () => {
  it('keep to the table', () => {
    expect(breaches(SOURCE, TABLE)).toEqual([]);
  });

  it('are all on the map, and the map has no others', () => {
    const map = readFileSync(join(SOURCE, 'README.md'), 'utf8');
    const onMap = [...map.matchAll(/^\| `([^`]+)\/` \|/gm)].map(([, room]) => room);
    const rooms = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(onMap.filter((room) => !room.includes('/')).sort()).toEqual(rooms.map(({ name }) => name).sort());
  });
});

describe('a planted breach', () => {
  const TWO_ROOMS = 'low: | zod\nhigh: low\nindex.ts: high\n';
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rooms-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string, Record<string, string>, string, string[]]>([
    [
      'none',
      {
        'low/a.ts': "import 'node:fs'; import 'zod/v4';",
        'index.ts': "export * from './high/b.js';",
        'high/b.ts': "import '../low/a.js';",
      },
      TWO_ROOMS,
      [],
    ],
    ['a new room', { 'new/a.ts': '' }, TWO_ROOMS, ['new/a.ts is in no room of the table (new/a.ts)']],
    ['a file beside the rooms', { 'more.ts': '' }, TWO_ROOMS, ['more.ts is in no room of the table (more.ts)']],
    [
      'an import upwards',
      { 'low/a.ts': "import '../high/b.js';" },
      TWO_ROOMS,
      ["low/a.ts may not import ../high/b.js: high is not in its room's line"],
    ],
    [
      'a type',
      { 'low/a.ts': "import type { B } from '../high/b.js';" },
      TWO_ROOMS,
      ["low/a.ts may not import ../high/b.js: high is not in its room's line"],
    ],
    [
      'the type of a module',
      { 'low/a.ts': "let b: typeof import('../high/b.js');" },
      TWO_ROOMS,
      ["low/a.ts may not import ../high/b.js: high is not in its room's line"],
    ],
    [
      'an export',
      { 'low/a.ts': "export { b } from '../high/b.js';" },
      TWO_ROOMS,
      ["low/a.ts may not import ../high/b.js: high is not in its room's line"],
    ],
    [
      'while it runs',
      { 'low/a.ts': "await import('../high/b.js');" },
      TWO_ROOMS,
      ["low/a.ts may not import ../high/b.js: high is not in its room's line"],
    ],
    [
      'out of the rooms',
      { 'low/a.ts': "import '../../bin/run.js';" },
      TWO_ROOMS,
      ["low/a.ts may not import ../../bin/run.js: no room of the table (../bin/run.ts) is not in its room's line"],
    ],
    [
      'a package',
      { 'high/b.ts': "import { z } from 'zod';" },
      TWO_ROOMS,
      ["high/b.ts may not import zod: zod is not in its room's line"],
    ],
    [
      'a required package',
      { 'high/b.ts': "require('@scope/zod/v4');" },
      TWO_ROOMS,
      ["high/b.ts may not import @scope/zod/v4: @scope/zod is not in its room's line"],
    ],
    [
      'a circle of files',
      { 'low/a.ts': "import type { B } from './b.js';", 'low/b.ts': "import './a.js';" },
      TWO_ROOMS,
      ['circle of files: low/a.ts → low/b.ts → low/a.ts'],
    ],
    ['a circle of rooms', {}, 'low: high\nhigh: low\n', ['low names high: expected a room above it']],
  ])('%s', async (name, files, table, expected) => {
    const source = join(folder, name);
    mkdirSync(source);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(source, file)), { recursive: true });
      writeFileSync(join(source, file), text);
    }
    expect(breaches(source, table)).toEqual(expected);
  });
});
