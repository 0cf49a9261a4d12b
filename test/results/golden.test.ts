/**
 * Results, the golden set: does every number of every strategy stay what it was, byte for byte? An optimisation changes
 * none of these hashes. After a deliberate change of the model or of the document:
 *
 *     npx vitest run test/results/golden.test.ts -u
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ResultDocument } from '../../src/results/document.js';
import { runReplays } from '../../src/session/run.js';
import { tracePath } from '../support/traces.js';
import { GOLDEN_CASES } from './golden/cases.js';

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** A line for what surrounds the results (the tool's version left out), and one per result. */
function hashes({ provenance: { tool, ...provenance }, results, ...rest }: ResultDocument): string[] {
  expect(tool.name).toBe('smmuscope');
  const ofResults = results.map((result) => `  ${hashOf(result)} ${result.strategy} ${result.atc}`);
  return [`  ${hashOf({ ...rest, provenance })} (provenance)`, ...ofResults];
}

it('every document of the golden set is what it was', async () => {
  const lines: string[] = [];
  for (const { name, trace, options } of GOLDEN_CASES) {
    lines.push(name, ...hashes(await runReplays([tracePath(trace)], options)));
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/hashes.txt');
});
