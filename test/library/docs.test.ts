/** The library, its page: does every example run as it stands, importing the package by its name, and print what is shown? */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';

const PAGE = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
const examples = [...PAGE.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];

it('has examples, each with its output', () => {
  expect(examples.length).toBeGreaterThan(3);
  expect(examples).toHaveLength(PAGE.split('```js').length - 1);
});

it.each(examples.map(([, code, output]) => [code.split('\n')[2], code, output]))('%s', async (_, code, output) => {
  const args = ['--input-type=module', '--eval', code];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  expect({ stdout, stderr }).toEqual({ stdout: output, stderr: '' });
});

it('its schemas are where the package says', () => {
  const resolved = import.meta.resolve('smmuscope/schemas/result.schema.json');
  expect(JSON.parse(readFileSync(new URL(resolved), 'utf8')).title).toBe('Result of smmuscope replay and compare');
});
