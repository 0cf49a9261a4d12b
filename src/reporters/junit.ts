/**
 * JUnit XML: one test suite per gate, one test case per result that it judges. A breach is a failure, an inconclusive
 * judgement is skipped, or an error where it counts against the run. Escaping, and the replacement of characters that XML has no place for, are the library's.
 */
import { UsageError } from '../trace/errors.js';
import { judgedName, judgementText } from './gate-text.js';
import type { Reporter } from './reporter.js';
import { onlyResults, requireResult } from './results-only.js';

const NO_GATES = '--reporter junit: expected a result with gates (compare --gate), found none';

export const junitReporter: Reporter<Promise<string>> = {
  name: 'junit',
  summary: 'JUnit XML with one test case per gate and result',
  refusal: (coming) => onlyResults('junit')(coming) ?? (coming.hasGates === false ? NO_GATES : undefined),
  render: async (document) => {
    const { gates } = requireResult(document, 'junit');
    if (gates === undefined) {
      throw new UsageError(NO_GATES);
    }
    const { create } = await import('xmlbuilder2');
    const { judgements, counts } = gates;
    const blocking = (of: typeof judgements) => of.filter(({ blocks }) => blocks).length;
    const names = [...new Set(judgements.map(({ gate }) => gate))];
    const root = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' }).ele('testsuites', {
      name: 'smmuscope gates',
      tests: judgements.length,
      failures: counts.fail,
      errors: blocking(judgements),
      skipped: counts.inconclusive - blocking(judgements),
    });
    for (const name of names) {
      const cases = judgements.filter(({ gate }) => gate === name);
      const count = (verdict: string) => cases.filter((one) => one.verdict === verdict).length;
      const suite = root.ele('testsuite', {
        name,
        tests: cases.length,
        failures: count('fail'),
        errors: blocking(cases),
        skipped: count('inconclusive') - blocking(cases),
      });
      for (const judgement of cases) {
        const testcase = suite.ele('testcase', { classname: name, name: judgedName(judgement) });
        const message = judgementText(judgement);
        if (judgement.verdict === 'fail') testcase.ele('failure', { type: 'gate', message }).txt(message);
        else if (judgement.blocks) testcase.ele('error', { type: 'inconclusive', message }).txt(message);
        else if (judgement.verdict === 'inconclusive') testcase.ele('skipped', { message });
        else testcase.ele('system-out').txt(message);
      }
    }
    return `${root.end({ prettyPrint: true })}\n`;
  },
};
