/**
 * Command line, report: does a document that was kept give the very bytes that its command prints with that reporter, is
 * what cannot be shown refused in one sentence before anything is written, and can no damage of a file end in anything else?
 */
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DOCUMENT_KINDS,
  documentJsonSchema,
  parseDocument,
  schemaFileName,
} from '../../src/reporters/documents/registry.js';
import { PAGED_SCHEMAS } from '../../src/reporters/html/paged.js';
import { REPORTERS } from '../../src/reporters/registry.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { UsageError } from '../../src/trace/errors.js';
import { ROOT, runCli, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const TRACE = 'traces/csv/ats-four-devices.csv';
const sandbox = new Sandbox();
/** A completion that nobody asked for. */
const BROKEN_TRACE = sandbox.write('broken.csv', `${SMALL_TRACE}8000,sync-done,1,,,,,,\n`);
const SLOWER = 'docs/examples/rebind-slower-ioctl.result.json';
/** A command for every kind of document, and how it ends. */
const COMMANDS: readonly [kind: ReportDocument['schema'], code: number, args: readonly string[]][] = [
  ['smmuscope.result/2', 0, ['compare', TRACE, '--strategies', 'ioctl,native']],
  ['smmuscope.study-result/2', 0, ['sweep', 'docs/examples/two-points.yaml', '--jobs', '1']],
  ['smmuscope.diff/1', 0, ['diff', 'docs/examples/rebind-strict.result.json', SLOWER]],
  ['smmuscope.sensitivity/2', 0, ['sensitivity', TRACE, '--jobs', '1', '--limit', '100']],
  ['smmuscope.calibration/1', 0, ['calibrate', 'docs/examples/points.csv']],
  ['smmuscope.inspect/1', 0, ['inspect', TRACE]],
  ['smmuscope.lint/1', 4, ['lint', BROKEN_TRACE]],
  ['smmuscope.mrc/1', 0, ['mrc', TRACE]],
  ['smmuscope.strategies/1', 0, ['strategies']],
  ['smmuscope.strategy/1', 0, ['strategies', 'show', 'ioctl']],
  ['smmuscope.profiles/1', 0, ['profiles']],
  ['smmuscope.profile/1', 0, ['profiles', 'show']],
  ['smmuscope.workloads/1', 0, ['workloads']],
];
/** Results with what not every result has, and where it stands in them. */
const MORE: readonly [what: string, at: string, args: readonly string[]][] = [
  [
    'a result over seeds, with gates',
    '^(statistics|gates|provenance)',
    [
      'compare',
      TRACE,
      '--strategies',
      'ioctl,native',
      '--seeds',
      '3',
      '--background',
      '1000',
      '--gate',
      'latency.operation.p50_ns <= 1ms',
    ],
  ],
  [
    'a result with a migration',
    'migration',
    ['replay', TRACE, '--strategy', 'ioctl', '--migrate-at', '10us', '--to', 'hw-vcmdq'],
  ],
];
const WIDE: ReportContext = { width: 100, colour: false, unicode: true };

const cli = new WarmCli();
const kept = new Map<string, string>();
beforeAll(async () => {
  for (const [kind, code, args] of COMMANDS) {
    const run = await cli.run([...args, '--json']);
    expect({ kind, code: run.code, stderr: run.stderr }).toEqual({ kind, code, stderr: '' });
    kept.set(kind, run.stdout);
  }
});
afterAll(async () => {
  await cli.close();
  sandbox.remove();
});

const textOf = (kind: string) => kept.get(kind) ?? '';

it('every kind is here', () => {
  expect(COMMANDS.map(([kind]) => kind).sort()).toEqual(DOCUMENT_KINDS.map(({ schema }) => schema).sort());
});

/** Reporters of every kind of document, and those of results; html has curves and differences too, junit is for results with gates. */
const OF_ALL = ['table', 'json', 'csv', 'markdown'];
const OF_RESULTS = ['github-annotations', 'github-action-benchmark', 'bencher', 'folded'];

describe('the same bytes as the command itself', () => {
  it.each(COMMANDS)('%s', async (kind, code, args) => {
    const file = sandbox.write('document.json', textOf(kind));
    for (const reporter of kind === 'smmuscope.result/2' ? [...OF_ALL, ...OF_RESULTS] : OF_ALL) {
      const direct = await cli.run([...args, '--reporter', reporter]);
      expect(direct.code).toBe(code);
      expect(await cli.run(['report', file, '--reporter', reporter])).toEqual({ ...direct, code: 0 });
    }
  });

  it('a result with gates', async () => {
    const args = ['compare', TRACE, '--strategies', 'ioctl,native', '--gate', 'latency.operation.p50_ns <= 1ms'];
    const file = sandbox.write('document.json', (await cli.run([...args, '--json'])).stdout);
    for (const reporter of ['junit', 'github-annotations', 'markdown']) {
      const direct = await cli.run([...args, '--reporter', reporter]);
      expect(direct.code).toBe(0);
      expect(await cli.run(['report', file, '--reporter', reporter])).toEqual(direct);
    }
  });

  it.each([
    ['a result with curves', ['compare', TRACE, '--strategies', 'ioctl,native', '--mrc']],
    ['curves', ['mrc', TRACE]],
  ])('%s as a page', async (_, args) => {
    const file = sandbox.write('document.json', (await cli.run([...args, '--json'])).stdout);
    const direct = await cli.run([...args, '--reporter', 'html']);
    expect(direct.code).toBe(0);
    expect(await cli.run(['report', file, '--reporter', 'html'])).toEqual(direct);
  });

  it('reporters are told apart by the kinds that they have a form for', () => {
    expect(REPORTERS.map(({ name }) => name).sort()).toEqual([...OF_ALL, ...OF_RESULTS, 'html', 'junit'].sort());
  });
});

it.each(DOCUMENT_KINDS)(
  '$schema: the published JSON Schema is what test/results/write-docs.mjs writes, and fits',
  (kind) => {
    const published = readFileSync(join(ROOT, 'docs/schemas', schemaFileName(kind)), 'utf8');
    expect(published).toBe(documentJsonSchema(kind));
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse(published));
    const document = JSON.parse(textOf(kind.schema));
    validate(document);
    expect(validate.errors).toBeNull();
    expect(validate({ ...document, schema: `${kind.schema}0` })).toBe(false);
    expect(validate({ ...document, unheard_of: 1 })).toBe(false);
  },
);

describe('what is refused', () => {
  it('a kind that the reporter has no form for, without a trace of the output', async () => {
    const file = sandbox.write('document.json', textOf('smmuscope.lint/1'));
    const run = await cli.run(['report', file, '--reporter', 'folded', '--output', sandbox.path('out.txt')]);
    const stderr = `smmuscope: --reporter folded: expected a result of replay or compare, found smmuscope.lint/1 (it has table, json, csv and markdown)\n`;
    expect(run).toEqual({ code: 2, stdout: '', stderr });
    expect(sandbox.list().filter((name) => name.includes('out.txt'))).toEqual([]);
  });

  it.each(COMMANDS.slice(1))('%s, by every reporter that has no form for it', async (kind) => {
    const document = parseDocument(textOf(kind), 'd.json');
    const refusing = REPORTERS.filter(({ refusal }) => refusal?.(document) !== undefined);
    const isPage = PAGED_SCHEMAS.includes(document.schema);
    expect(refusing.map(({ name }) => name).sort()).toEqual(
      [...OF_RESULTS, ...(isPage ? [] : ['html']), 'junit'].sort(),
    );
    for (const reporter of refusing) {
      const render = async () => reporter.render(document, WIDE);
      const refusal: UsageError = await render().then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(refusal).toBeInstanceOf(UsageError);
      expect(refusal.message).toBe(reporter.refusal?.(document));
      expect(refusal.message).toMatch(new RegExp(`^--reporter ${reporter.name}: expected .*result.*, found ${kind}`));
    }
  });

  it('--baseline beside anything but a result', async () => {
    const file = sandbox.write('document.json', textOf('smmuscope.mrc/1'));
    expect(await cli.run(['report', file, '--baseline', 'ioctl'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `smmuscope: --baseline: expected a result of replay or compare, found ${file} with smmuscope.mrc/1\n`,
    });
  });

  it('a file that is longer than any text', async () => {
    const file = sandbox.write('document.json', '{');
    truncateSync(file, 2 ** 30);
    expect(await runCli(['report', file])).toEqual({
      code: 2,
      stdout: '',
      stderr: `smmuscope: ${file}: expected a file with the JSON of a document, found more than 511 MiB\n`,
    });
  });

  it.each([
    ['', 'the JSON of a document that smmuscope wrote with --json, found nothing'],
    ['{"schema":', 'the JSON of a document that smmuscope wrote with --json, found JSON that is cut short or damaged'],
    ['point,value\n', 'the JSON of a document that smmuscope wrote with --json, found something else'],
    ['[]', 'a document that smmuscope wrote with --json, found JSON without the key schema'],
    ['{"schema":"other/1"}', 'a document that smmuscope wrote with --json, found "other/1"'],
    [
      '{"schema":"smmuscope.lint/2"}',
      'smmuscope.lint/1, found smmuscope.lint/2, which a later version of smmuscope wrote: use that one',
    ],
    [
      '{"schema":"smmuscope.profile/2"}',
      'smmuscope.profile/1, found smmuscope.profile/2, which a later version of smmuscope wrote: use that one',
    ],
    ['{"schema":"smmuscope.mrc/1"}', 'a whole smmuscope.mrc/1, found at provenance: invalid input: expected object'],
  ])('%j', (text, sentence) => {
    expect(() => parseDocument(text, 'd.json')).toThrow(`d.json: expected ${sentence}`);
  });
});

/** Every place of a document once: list entries but the first are like the first. */
function* places(node: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (path.length > 0) yield path;
  if (Array.isArray(node)) {
    if (node.length > 0) yield* places(node[0], [...path, 0]);
  } else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) yield* places(value, [...path, key]);
  }
}

/** `document` with `change` made to the holder of the value at `path`. */
function changed(document: unknown, path: readonly (string | number)[], change: (holder: never, key: never) => void) {
  const copy = structuredClone(document);
  const holder = path.slice(0, -1).reduce((at, key) => (at as never)[key], copy);
  change(holder as never, path.at(-1) as never);
  return JSON.stringify(copy);
}

/** All but the page with its charts, which takes long. */
const RENDERED = REPORTERS.filter(({ name }) => name !== 'html');

type Holder = Record<string | number, unknown>;
/** A value that is none of the kind of `value`. */
function another(value: unknown): unknown {
  if (typeof value === 'string') return -1.5;
  return Array.isArray(value) ? {} : typeof value === 'object' ? [] : 'text';
}
const DAMAGES: readonly ((holder: Holder, key: string | number) => void)[] = [
  (holder, key) => delete holder[key],
  (holder, key) => {
    holder[key] = null;
  },
  (holder, key) => {
    holder[key] = another(holder[key]);
  },
];

describe('a damaged document is refused in a sentence, or shown', () => {
  it.each(MORE)('%s', async (_what, at, args) => {
    const { code, stdout, stderr } = await cli.run([...args, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await damageAll(JSON.parse(stdout), new RegExp(at));
  });

  it.each(COMMANDS)('%s', async (kind) => damageAll(JSON.parse(textOf(kind))));

  async function damageAll(document: unknown, at = /./): Promise<void> {
    let refused = 0;
    let place = 0;
    const unexplained: string[] = [];
    const watch = async (where: string, work: () => unknown): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof UsageError)) unexplained.push(`${where}: ${String(error)}`);
        return false;
      }
    };
    for (const path of places(document)) {
      if (!at.test(path.join('.'))) continue;
      place++;
      const value = path.reduce<unknown>((at, key) => (at as Holder)[key], document);
      // Most places are numbers: one damage each, in turn.
      const damages = typeof value === 'number' ? [DAMAGES[place % DAMAGES.length]] : DAMAGES;
      for (const damage of damages) {
        let damaged: ReportDocument | undefined;
        const text = changed(document, path, damage as never);
        const where = path.join('.');
        if (!(await watch(where, () => (damaged = parseDocument(text, 'd.json'))))) refused++;
        if (damaged === undefined) continue;
        const shown = damaged;
        for (const reporter of RENDERED) await watch(`${where}, ${reporter.name}`, () => reporter.render(shown, WIDE));
      }
    }
    expect(unexplained).toEqual([]);
    expect(refused).toBeGreaterThan(DAMAGES.length);
  }
});
