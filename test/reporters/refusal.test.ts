/** Reporters: is what one cannot render refused before the work, in the words in which it would be refused after it? */
import { describe, expect, it } from 'vitest';
import { REPORTERS, reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { runCli } from '../support/cli.js';
import { COMPARISON, INSPECTION, LINT, PROFILE, PROFILES, STRATEGIES, WORKLOADS } from './documents.js';

const CONTEXT: ReportContext = { width: 80, colour: false, unicode: true };
const DOCUMENTS: readonly ReportDocument[] = [COMPARISON, INSPECTION, LINT, PROFILE, PROFILES, STRATEGIES, WORKLOADS];

/** How rendering fails, if it does. */
async function failureOf(name: string, document: ReportDocument): Promise<string | undefined> {
  try {
    await reporterByName(name).render(document, CONTEXT);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(REPORTERS.map(({ name }) => name))('%s', (name) => {
  it.each(DOCUMENTS.map((document) => [document.schema, document] as const))('of %s', async (schema, document) => {
    const hasGates = 'gates' in document && document.gates !== undefined;
    expect(reporterByName(name).refusal?.({ schema, hasGates })).toBe(await failureOf(name, document));
  });
});

describe('the command line', () => {
  it.each([
    [['lint', 'none.csv', '--reporter', 'html'], 'found smmuscope.lint/1'],
    [['mrc', 'none.csv', '--reporter', 'bencher'], 'found smmuscope.mrc/1'],
    [['replay', 'none.csv', '--strategy', 'ioctl', '--reporter', 'junit'], 'expected a result with gates'],
  ])('%j says so without having read anything', async (command, sentence) => {
    const run = await runCli(command);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(sentence);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
  });
});
