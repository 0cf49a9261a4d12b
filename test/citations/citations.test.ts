/**
 * Citations: does every one in the sources, the tests and the pages lead somewhere in docs/design.md and docs/facts/, does
 * every oracle have a test that bears its name, and do those pages speak to whoever reads this repository?
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
import { citationsIn, marksOf } from './citations.js';

/** What is cited, by its name in citations. */
const DOCUMENTS = new Map([
  ['design', 'docs/design.md'],
  ['L', 'docs/facts/linux-invalidation-paths.md'],
  ['M', 'docs/facts/timing-and-cache-models.md'],
  ['N26', 'docs/facts/linux-7.3-qemu-11.md'],
]);
/** Where a bare N is a measurement and a bare C a check. */
const ACCEPTANCE = /acceptance|docs\/facts\/linux-invalidation-paths/;
const TEXTS = /\.(ts|mjs|cjs|js|md|yaml|yml|sh)$/;
/** Written to hold citations that lead nowhere. */
const OF_THIS_TEST = /^test\/citations\//;

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const files = ['src', 'test', 'docs', 'bench', 'traces']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  .concat('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'action.yml')
  .filter((file) => TEXTS.test(file) && !OF_THIS_TEST.test(file));
const marks = new Set([...DOCUMENTS].flatMap(([name, file]) => [...marksOf(name, text(file))]));

/** Citations of `file`; those of published standards are not ours to follow. */
function citationsOf(file: string) {
  const own = [...DOCUMENTS].find(([, path]) => path === file)?.[0];
  return citationsIn(text(file), ACCEPTANCE.test(file), own).filter(({ mark }) => !mark.startsWith('RFC '));
}

describe('citations', () => {
  it('lead to a heading, a row or a point, everywhere', () => {
    const all = files.flatMap((file) => citationsOf(file).map((citation) => ({ file, ...citation })));
    expect(all.length).toBeGreaterThan(1500);
    const lost = all.filter(({ mark }) => !marks.has(mark));
    expect(lost.map(({ file, mark, context }) => `${file}: ${mark} in «${context}»`)).toEqual([]);
  });

  it.each([
    ['facts L §2.2–2.3, M §4.1 and §4.2', ['L §2.2', 'L §2.3', 'M §4.1', 'M §4.2']],
    ['(facts N26 §B1–B2, §H; L §9.11)', ['N26 §B1', 'N26 §B2', 'N26 §H', 'L §9.11']],
    ['design §7–8,\n * over the end of a line:\n * design\n * §3', ['design §7', 'design §8', 'design §3']],
    ['L §7.2 N5, L N1b', ['L §7.2', 'L N5', 'L N1b']],
    ['oracles O27–O28, O8', ['O27', 'O28', 'O8']],
    ['a § of nobody: §4.1', ['? §4.1']],
    ['serial=N0, C1 controls, Neoverse-N1, GO5', []],
  ])('are read in %j', (sentence, expected) => {
    const found = citationsIn(sentence, false).map(({ mark }) => mark);
    expect(found.sort()).toEqual([...expected].sort());
  });

  it('have only headings, rows and points to lead to', () => {
    expect(marks.has('L §99')).toBe(false);
    expect([...marksOf('X', '## 2. Two\n### 2.1 b\n1. one\n| 0.8 | a |\n| O3 | b |\n**N1b. x**\nsee §7\n')]).toEqual([
      ...['X §2', 'X §2.1', 'X §2.1.1', 'X §0.8', 'O3', 'X N1b'],
    ]);
  });

  it('of every oracle stand in a test', () => {
    const tests = files.filter((file) => file.startsWith('test/') && file.endsWith('.ts'));
    const tested = new Set(tests.flatMap(citationsOf).map(({ mark }) => mark));
    expect([...marks].filter((mark) => /^O\d/.test(mark) && !tested.has(mark))).toEqual([]);
  });
});

describe.each(['docs/facts/README.md', ...DOCUMENTS.values()])('%s', (file) => {
  it('speaks to a reader of this repository', () => {
    const words = /\b(we|our|ours|session|seed thread|this project|the product|shared\/|TODO)\b/i;
    expect(words.exec(text(file))?.[0]).toBeUndefined();
    const links = [...text(file).matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => join(file, '..', target));
    for (const target of links) expect(() => readFileSync(join(ROOT, target))).not.toThrow();
  });
});
