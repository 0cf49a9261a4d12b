/** Answer: is it the same in every report, relative to the baseline that the report has, and do its commands work? */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandFor } from '../../src/answer/next-command.js';
import { viewsOf } from '../../src/answer/view.js';
import { reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import type { ResultDocument } from '../../src/results/document.js';
import { runRecording } from '../metrics/recordings.js';
import { runCli } from '../support/cli.js';
import { tracePath } from '../support/traces.js';

const BOOT = 'boot-strict.qemu-7.2.log.xz';
const boot = runRecording(BOOT, ['ioctl', 'hw-vcmdq', 'native']);
const CONTEXT: ReportContext = {
  width: 100,
  colour: false,
  unicode: true,
  baseline: { strategy: 'ioctl', atc: 'vsid' },
};

const rendered = async (reporter: string, document: ResultDocument, context = CONTEXT) =>
  reporterByName(reporter).render(document, context);
/** Without line breaks and what Markdown and HTML escape. */
const flat = (text: string) =>
  text
    .replace(/<script[\s\S]*?<\/script>/g, '')
    .replaceAll('\\', '')
    .replaceAll('&lt;', '<')
    .replace(/\s+/g, ' ');

it('stands on top of terminal, Markdown and page, word by word as in the JSON', async () => {
  const document = await boot;
  const { answer = [] } = JSON.parse(await rendered('json', document)) as ResultDocument;
  expect(answer.length).toBeGreaterThan(4);
  const [markdown, html] = [flat(await rendered('markdown', document)), flat(await rendered('html', document))];
  for (const { text, next } of answer) {
    for (const page of [markdown, html]) expect(page).toContain(`${text}.`);
    for (const page of [markdown, html]) expect(page).toContain(next ?? '');
  }
  expect(markdown.indexOf(answer[0].text)).toBe(0);
  expect(html.indexOf(answer[0].text)).toBeLessThan(html.indexOf('<table'));
  const table = await rendered('table', document);
  expect(flat(table).indexOf(`${answer[0].text}.`)).toBe(0);
});

it.each([60, 80, 120, 200])('leaves the table on a screen of %i columns, and says what it left out', async (width) => {
  const document = await boot;
  const [answer] = (await rendered('table', document, { ...CONTEXT, width })).split('\n\n');
  const lines = answer.split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  const commands = answer.slice(answer.indexOf('\nnext: ')).replaceAll(' \\\n ', '');
  expect(commands).toContain(
    'next: smmuscope compare boot-strict.qemu-7.2.log.xz --strategies ioctl,hw-vcmdq,native --base',
  );
  const sentences = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('next: ')),
  );
  const left = Number(/^(\d+) more in --reporter/m.exec(answer)?.[1] ?? 0);
  const shown = sentences.filter((line) => !line.startsWith('  ')).length - (left > 0 ? 1 : 0);
  expect(shown + left).toBe(document.answer?.length);
  expect(shown).toBeGreaterThanOrEqual(3);
  if (width >= 80) expect(sentences.length).toBeLessThanOrEqual(9);
});

it('is of the baseline that a report has, in every one', async () => {
  const native = { ...CONTEXT, baseline: { strategy: 'native', atc: 'vsid' } };
  for (const reporter of ['table', 'markdown', 'html']) {
    expect(flat(await rendered(reporter, await boot, native))).toContain('that on native');
  }
});

it('is one that results of earlier builds have, too', async () => {
  const { answer: _none, ...document } = await boot;
  expect(await rendered('table', document)).toBe(await rendered('table', await boot));
});

it('names commands that work in the folder of the trace, with the model of the results', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'answer-'));
  cpSync(tracePath(BOOT), join(folder, BOOT));
  const commands = (await boot).answer?.flatMap(({ next }) => next ?? []) ?? [];
  expect(commands).toEqual([
    `smmuscope compare ${BOOT} --strategies ioctl,hw-vcmdq,native --baseline ioctl --warmup 88`,
    `smmuscope sensitivity ${BOOT} --strategy hw-vcmdq --baseline ioctl`,
  ]);
  for (const command of commands) {
    const { code, stdout } = await runCli(command.split(' ').slice(1), { cwd: folder });
    expect([command, code]).toEqual([command, 0]);
    expect(stdout).toContain('hw-vcmdq');
  }
});

it('repeats the options of the model, and has no command where the document does not have them as given', async () => {
  const commandOf = (change: Partial<ResultDocument['provenance']>, command = 'compare', file = BOOT) => {
    return boot.then(({ provenance, results }) => {
      const traces = [{ ...provenance.traces[0], file }];
      const of = {
        provenance: { ...provenance, traces, ...change },
        results: results.map((one) => ({ ...one, trace: file })),
      };
      const [view] = viewsOf({ schema: 'smmuscope.result/2', ...of }, CONTEXT.baseline);
      return commandFor(view, command);
    });
  };
  const profile = { name: 'grace-cmdqv', overrides: { 'smmu.mem_latency_ns': 200 } };
  expect(await commandOf({ profile, pacing: 'recorded', dma: 'timed', limit_events: 99, seed: 3, msi: false })).toBe(
    `smmuscope compare ${BOOT} --profile grace-cmdqv --set smmu.mem_latency_ns=200 --pacing recorded --dma timed --seed 3 --no-msi --limit 99`,
  );
  expect(await commandOf({ profile }, 'sensitivity')).toBeUndefined();
  expect(await commandOf({ limit_events: 99 }, 'sensitivity')).toBe(`smmuscope sensitivity ${BOOT} --limit 99`);
  for (const file of ['a b.csv', '-x.csv', '$(reboot).csv', 'a;b.csv', '-']) {
    expect(await commandOf({}, 'compare', file)).toBeUndefined();
  }
  expect(await commandOf({ transforms: [{ name: 'guest-lazy' }] })).toBeUndefined();
  expect(await commandOf({ profile: { name: 'my own' } })).toBeUndefined();
});
