/** Citations: does every link between pages of the repository lead to a page, and to a heading that is there? */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';

const PAGES = ['docs', 'bench', 'test', 'src', 'traces']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .concat('README.md', 'CHANGELOG.md', 'CONTRIBUTING.md')
  .filter((file) => file.endsWith('.md'));

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');

const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '');

function anchorsOf(page: string): string[] {
  const headings = withoutCode(readFileSync(join(ROOT, page), 'utf8')).matchAll(/^#{1,6} (.*)$/gm);
  return [...headings].map(([, heading]) => anchorOf(heading));
}

describe.each(PAGES)('%s', (page) => {
  const links = [...withoutCode(readFileSync(join(ROOT, page), 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, to]) => to,
  );

  it('links to what is there', () => {
    for (const link of links.filter((one) => !/^[a-z]+:/.test(one))) {
      const [file, anchor] = link.split('#');
      const target = file === '' ? page : normalize(join(dirname(page), file));
      expect(existsSync(join(ROOT, target)), `${page}: ${link}`).toBe(true);
      if (anchor !== undefined && target.endsWith('.md'))
        expect(anchorsOf(target), `${page}: ${link}`).toContain(anchor);
    }
  });
});
