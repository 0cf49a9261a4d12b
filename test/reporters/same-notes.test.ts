/** Does every report say the same beside its numbers: each sentence of the terminal on the page and in Markdown, and none more? */
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { answerTexts } from '../../src/reporters/answer.js';
import { renderPage } from '../../src/reporters/html/page.js';
import { reporterByName } from '../../src/reporters/registry.js';
import { type ReportContext, WIDE } from '../../src/reporters/reporter.js';
import type { ResultDocument } from '../../src/results/document.js';
import { parseResult } from '../../src/results/read-result.js';
import { runCli } from '../support/cli.js';

const STRICT = 'traces/rebind-strict.qemu-7.2.log.xz';

/** What is run, and a sentence that it must come to: a run that has nothing to say would prove nothing. */
const RUNS: readonly (readonly [what: string, options: readonly string[], says: string])[] = [
  ['VT-d', ['traces/vtd-rebind-4ats-k61.qemu-7.2.log.xz', '--limit', '3000'], 'are translated from VT-d descriptors'],
  ['joined', ['traces/rebind-strict.ftrace.txt.xz', '--with', STRICT, '--limit', '3000'], 'note: joined '],
  ['lossy', ['traces/invalid/cut-last-line.qemu.log'], 'last line is cut off'],
  ['seeds', [STRICT, '--limit', '3000', '--seeds', '5', '--set', 'tlb.main.policy=random'], '--seeds 5'],
  ['injected', [STRICT, '--limit', '3000', '--fault', 'unknown-vsid:CFGI_CD@5'], 'not applicable: '],
  ['errors in the trace', ['traces/csv/illegal-opcode.csv'], 'with an opcode that does not exist there'],
  ['migration', [STRICT, '--limit', '12000', '--migrate-at', '4.5s', '--to', 'sw-vcmdq'], 'commands lost'],
  ['without dma', ['traces/bigsg-strict.ftrace.txt.xz', '--limit', '3000'], 'TLB: absent'],
  ['refill races', ['traces/csv/atc-without-sync.csv', '--warmup', '2'], '--warmup 2 (not measured)'],
  ['a topology', ['traces/csv/two-smmus.csv', '--topology', 'traces/csv/two-smmus.topology.yaml'], 'topology from'],
];

const plain = (text: string): string => text.trim().replace(/\.$/, '').toLowerCase();

/** Sentences of a text report: lines that are neither of a table nor a title. */
function sentencesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !/ {2}|─|, ATC [a-z]+: /.test(line));
  return lines.map(plain);
}

it.each(RUNS)('%s', async (_what, options, says) => {
  const strategies = options.includes('--to')
    ? ['replay', '--strategy', 'hw-vcmdq']
    : ['compare', '--strategies', 'ioctl,hw-vcmdq,native'];
  const [command, ...chosen] = strategies;
  const run = await runCli([command, ...options, ...chosen, '--json']);
  expect(run.stderr).toBe('');
  const report: ResultDocument = parseResult(run.stdout, 'r.json');
  const [{ strategy, atc }] = report.results;
  const context: ReportContext = { ...WIDE, baseline: { strategy, atc } };
  const table = reporterByName('table');
  const compared = sentencesOf((await table.render(report, context)) as string);
  // Its answer is another one without a baseline; the page has the one against it.
  const answer = answerTexts(report, {}).map(({ text }) => plain(text));
  const isOfAnswer = (line: string) => answer.includes(line) || line.startsWith('next: ');
  const alone = sentencesOf((await table.render(report, WIDE)) as string).filter((line) => !isOfAnswer(line));
  expect([...compared, ...alone].join('\n')).toContain(plain(says));

  const { document } = parseHTML(renderPage(report, context));
  const onPage = [...document.querySelectorAll('li, p, h2')].map((element) => plain(element.textContent ?? ''));
  const ofModel = (line: string) => !line.startsWith('profile ');
  expect([...compared, ...alone.filter(ofModel)].filter((sentence) => !onPage.includes(sentence))).toEqual([]);
  const noted = [...document.querySelectorAll('.notes li')].map((element) => plain(element.textContent ?? ''));
  expect(noted.filter((note) => ![...compared, ...alone].includes(note))).toEqual([]);

  const markdown = (await reporterByName('markdown').render(report, context)).replace(/\\(.)/g, '$1');
  const inMarkdown = markdown.split('\n').map((line) => plain(line.replace(/^(?:[-*]|#+) /, '').replaceAll('`', '')));
  expect(compared.filter((sentence) => !inMarkdown.includes(sentence))).toEqual([]);
});
