/**
 * Strategies tier: is a user's own strategy from a file held against the contract, one sentence per violation, and does a
 * good one run like a built-in one?
 */
import { afterAll, describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { setupOf } from '../../src/strategies/transport.js';
import { isStrategyFile, strategyKit } from '../../src/strategies/user/load-user-strategy.js';
import { UsageError } from '../../src/trace/errors.js';
import { Sandbox } from '../support/cli.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const EXAMPLE = 'docs/examples/deferred-ioctl.mjs';
const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

let files = 0;
/** A file of its own with `text`. */
const module = (text: string, extension = 'mjs') => sandbox.write(`mine-${files++}.${extension}`, text);

/** A module that is sound but for `changes`: text of properties of the definition, and of the transport. */
function variant(definition: string, transport = ''): string {
  return module(`export default ({ Cost, noWorker, forwardNested, issueInBlocks, Opcode }) => ({
    name: 'mine', summary: 'a strategy', defaultAtc: 'vsid', walkStage: 'nested', options: [],
    create() {
      return {
        ...noWorker,
        queueCount: 1,
        forward: forwardNested,
        submit(submission, path) {
          path.trapToVmm();
          for (let row = 0; row < submission.guestCount; row++) if (submission.hostCount[row] === 0) path.effect(row);
          if (submission.hostCountTotal > 0) issueInBlocks(path, 0, submission.hostCountTotal);
          path.returnToGuest();
        },
        ${transport}
      };
    },
    ${definition}
  });`);
}

/** The sentence with which the file is refused, at load or when it is made. */
function refusal(file: string): string {
  try {
    const [{ transport, options }] = resolveStrategies([file]);
    const profile = loadProfile('neoverse-mmu700');
    transport.create(setupOf(options, profile));
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'accepted';
}

describe('a strategy file', () => {
  it('is anything with a slash or backslash, or that ends in .js or .mjs', () => {
    for (const name of ['./mine.js', 'mine.js', 'mine.mjs', 'a/mine', '..\\mine'])
      expect(isStrategyFile(name)).toBe(true);
    for (const name of ['ioctl', 'sw-vcmdq', 'js', 'mine.json']) expect(isStrategyFile(name)).toBe(false);
  });

  it('becomes a choice like any other, with options, targeting and its file', () => {
    const [choice] = resolveStrategies([`${EXAMPLE}:limit=8:atc=broadcast`]);
    expect(choice.canonicalName).toBe('deferred-ioctl:limit=8');
    expect(choice.targeting.name).toBe('broadcast');
    expect(choice.module?.path.endsWith(EXAMPLE)).toBe(true);
    expect(choice.module?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(resolveStrategies([`${EXAMPLE},ioctl`]).map((each) => each.canonicalName)).toEqual([
      'deferred-ioctl',
      'ioctl',
    ]);
    expect(resolveStrategies(['ioctl'])[0].module).toBeUndefined();
  });

  it('is given the kit, the same values that the package exports', () => {
    const exported = new Map<string, unknown>(Object.entries(library));
    for (const [name, value] of Object.entries(strategyKit)) expect(exported.get(name), name).toBe(value);
  });

  it('may export the definition itself, and may be plain .js', () => {
    const text = `const forward = () => 3;
      export default { name: 'refuser', summary: 'refuses everything', defaultAtc: 'vsid', walkStage: 's1', options: [],
        create: () => ({ queueCount: 1, workerCount: 0, forward, submit() {} }) };`;
    for (const extension of ['mjs', 'js']) expect(refusal(module(text, extension))).toBe('accepted');
  });

  it('is accepted in the variant that the refusals below start from', () => {
    expect(refusal(variant(''))).toBe('accepted');
  });
});

describe('the definition', () => {
  it.each([
    [`name: 'Mine'`, 'name: expected a kebab-case name, found "Mine"'],
    [`name: undefined`, 'name: expected a kebab-case name, found nothing'],
    [`name: 'ioctl'`, 'name: expected a name other than the built-in ones, found "ioctl"'],
    [`name: 'all'`, 'name: expected a name other than the built-in ones, found "all"'],
    [`summary: ''`, 'summary: expected one line of text, found ""'],
    [`defaultAtc: 'everyone'`, 'defaultAtc: expected broadcast or vsid or implicit or vsmmu, found "everyone"'],
    [`walkStage: 2`, 'walkStage: expected nested or s1, found 2'],
    [`options: {}`, 'options: expected an array of OptionSpecs, found an object'],
    [`options: [7]`, 'options[0]: expected an OptionSpec, found 7'],
    [`options: [{ key: 'atc', help: 'x', default: '1' }]`, 'options[0].key: expected a key of its own, found "atc"'],
    [`options: [{ key: 'a', help: 'x', default: 1 }]`, 'options[0].default: expected the text of an integer, found 1'],
    [
      `options: [{ key: 'a', help: 'x', default: 'c', choices: ['a', 'b'] }]`,
      'options[0].default: expected one of a, b, found "c"',
    ],
    [
      `options: [{ key: 'a', help: 'x', default: '9', range: [1, 8] }]`,
      'options[0].default: expected the text of an integer from 1 to 8, found "9"',
    ],
    [
      `options: [{ key: 'a', help: 'x', default: '9', range: [8, 1] }]`,
      'options[0].range: expected two integers, the smaller first, found an array',
    ],
    [`create: undefined`, 'create: expected a function, found nothing'],
  ])('%s is refused', (change, sentence) => {
    const file = variant(change);
    expect(refusal(file).split('; ')).toContain(`${file}: ${sentence}`);
  });

  it('has one sentence per violation', () => {
    const file = variant(`summary: 1, walkStage: 's3'`);
    expect(refusal(file)).toBe(
      `${file}: summary: expected one line of text, found 1; ${file}: walkStage: expected nested or s1, found "s3"`,
    );
  });
});

describe('the transport', () => {
  it.each([
    [`queueCount: 0`, 'create(): queueCount: expected an integer from 1 up, found 0'],
    [`workerCount: -1`, 'create(): workerCount: expected an integer from 0 up, found -1'],
    [`isWorkerPolling: 'yes'`, 'create(): isWorkerPolling: expected true or false, found "yes"'],
    [`submit: undefined`, 'create(): submit: expected a function, found nothing'],
    [`workerCount: 1, drain: null`, 'create(): drain: expected a function, found null'],
  ])('%s is refused', (change, sentence) => {
    const file = variant('', change);
    expect(refusal(file)).toContain(`${file}: ${sentence}`);
  });

  it.each([
    [`create() {}`, 'create(): expected a Transport, found nothing'],
    [`async create() {}`, 'create(): expected a Transport, found a promise'],
    [
      `create({ parameter }) { return parameter('smmu.speed'); }`,
      'create(): expected it to return, found Error: parameter smmu.speed is not declared',
    ],
  ])('%s is refused', (change, sentence) => {
    expect(refusal(variant(change))).toContain(sentence);
  });
});

describe('the dry run', () => {
  /** submit() that traps, acts and returns. */
  const submit = (body: string) => `submit(submission, path) {
    for (let row = 0; row < submission.guestCount; row++) if (submission.hostCount[row] === 0) path.effect(row);
    ${body}
  }`;
  const ISSUE = 'if (submission.hostCountTotal > 0) issueInBlocks(path, 0, submission.hostCountTotal);';
  const WORKER = `workerCount: 1, isWorkerPolling: false, wakeWorker(path) { path.guest(Cost.wakeUp); },`;
  const SIGNAL = submit('path.signalWorker(0); path.awaitWorker();');
  const GATHERING = `${WORKER} ${SIGNAL}, gather(path) { path.hostSync(0); }, drain(rows, path) { ${ISSUE.replaceAll('submission', 'rows')} path.complete(rows.guestCount); }`;

  it.each([
    [
      'a lock that stays',
      submit(`path.trapToVmm(); ${ISSUE}`),
      /every lock of the VMM to be released, found one still/,
    ],
    ['a lock taken twice', submit(`path.trapToVmm(); path.lockVmm(); ${ISSUE}`), /before the lock is taken again/],
    ['a lock never taken', submit(`${ISSUE} path.returnToGuest();`), /before the lock is released, found none/],
    [
      'an unknown queue',
      submit('path.hostIssueAndWait(1, 0, submission.hostCountTotal);'),
      /queue from 0 to 0, found 1/,
    ],
    [
      'commands that are not there',
      submit('path.guestIssue(0, 0, 1000);'),
      /among the \d+ of the submission, found 1000/,
    ],
    [
      'a SYNC that nobody awaits',
      `forward(a, b, c, d, sink) { sink.emit(a, b, c, d); return 0; },
      ${submit('if (submission.hostCountTotal > 0) path.resumeIssue(0, 0, submission.hostCountTotal, false);')}`,
      /a wait \(guestAwaitSync\) right behind commands with a CMD_SYNC, found none/,
    ],
    ['a wait for no SYNC', submit(`${ISSUE} path.guestAwaitSync();`), /found guestAwaitSync elsewhere/],
    ['lost commands', submit(''), /each of 1 host commands to be issued once, found 1 never issued/],
    ['commands sent twice', submit(`${ISSUE} ${ISSUE}`), /found 1 issued more than once/],
    [
      'a worker that does not exist',
      submit(`${ISSUE} path.signalWorker(0);`),
      /no signalWorker\(\) with workerCount 0/,
    ],
    [
      'a cost that does not exist',
      submit(`path.host(Cost.exits); ${ISSUE}`),
      /expected a cost of Cost, found something else/,
    ],
    ['half a cost', submit(`path.host(Cost.ioctl, 0.5); ${ISSUE}`), /whole number of units of a cost, found 0.5/],
    [
      'less than no cost',
      submit(`path.guest(Cost.doorbell, -1); ${ISSUE}`),
      /whole number of units of a cost, found -1/,
    ],
    [
      'half a ns',
      submit(`path.spend(0.5, 'mine'); ${ISSUE}`),
      /mjs:\d+: submit\(\): expected a whole number of ns for mine/,
    ],
    ['a time without a name', submit(`path.spend(5); ${ISSUE}`), /lower-case letters, digits and _ for a time, found/],
    ['commands while it gathers', GATHERING, /gather\(\) for an empty publication: expected verbs of time only/],
    [
      'a row that does not exist',
      submit(`path.effect(99); ${ISSUE}`),
      /effect\(\) of a row of the submission, found 99/,
    ],
    ['complete() without a worker', submit(`path.complete(0); ${ISSUE}`), /complete\(\) in drain only/],
    ['emulation without effect', `submit(submission, path) { ${ISSUE} }`, /effect\(0\) for a command that forward\(\)/],
    ['a forward that says nothing', 'forward() {}', /forward\(\).*: expected a value of Fate, found undefined/],
    [
      'a drain that completes nothing',
      `${WORKER} ${SIGNAL}, drain() {}`,
      /complete\(2\) at the end, found complete\(0\)/,
    ],
    [
      'an unknown worker',
      `${WORKER} ${submit('path.signalWorker(1); path.awaitWorker();')}, drain() {}`,
      /a worker from 0 to 0, found 1/,
    ],
    ['a wait for no worker', `${WORKER} ${submit('path.awaitWorker();')}, drain() {}`, /awaitWorker right behind/],
  ])('finds %s', (_what, change, sentence) => {
    const file = variant('', change);
    const found = refusal(file);
    expect(found).toMatch(sentence);
    expect(found.startsWith(`${file}:`)).toBe(true);
  });

  it('accepts a sound worker', () => {
    const drain = `drain(rows, path) {
      if (rows.hostCountTotal > 0) issueInBlocks(path, 0, rows.hostCountTotal);
      path.complete(rows.guestCount);
    }`;
    expect(refusal(variant('', `${WORKER} ${SIGNAL}, ${drain}`))).toBe('accepted');
  });
});

describe('a module that does not load', () => {
  it.each([
    [
      'a missing file',
      () => `${sandbox.folder}/none.mjs`,
      /none\.mjs: expected a strategy module, found no such file$/,
    ],
    ['a folder', () => `${sandbox.folder}/`, /expected a strategy module, found a directory$/],
    ['bad syntax', () => module('export default {'), /expected an ES module that loads, found SyntaxError: /],
    ['an exception', () => module('\nthrow new TypeError("no luck\\nat all")'), /:2: expected .* TypeError: no luck$/],
    ['something else thrown', () => module('throw 7'), /expected an ES module that loads, found 7$/],
    [
      'a missing import',
      () => module('import "./nothing.mjs"'),
      /expected an ES module that loads, found Error: Cannot/,
    ],
    ['top-level await', () => module('await 1; export default {}'), /without top-level await/],
    ['no default export', () => module('export const name = 1'), /a default export .*, found none$/],
    ['a number', () => module('export default 7'), /default export: expected a TransportDefinition, found 7$/],
    ['an async function', () => module('export default async () => ({})'), /TransportDefinition, found a promise$/],
    [
      'a function that throws',
      () => module('export default () => {\n  throw new RangeError("far");\n}'),
      /:2: default export: expected it to return, found RangeError: far$/,
    ],
  ])('%s is one sentence', (_what, file, sentence) => {
    expect(refusal(file())).toMatch(sentence);
  });
});

describe('a defect at run time', () => {
  it('names the file and the line', async () => {
    const file = variant(
      '',
      `forward(...args) {
        if (args[2] === 0x2000400) throw new Error('not this page');
        return forwardNested(...args);
      }`,
    );
    const trace = new TraceBuilder().cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x2000, TG: 1 }).sync().doorbell();
    await expect(replayThrough(trace, file)).rejects.toThrow(UsageError);
    await expect(replayThrough(trace, file)).rejects.toThrow(
      /mine-\d+\.mjs:\d+: forward\(\).*found Error: not this page$/,
    );
  });
});

describe('the worked example', () => {
  it('enters the kernel once per doorbell, whatever the classes', async () => {
    const trace = () =>
      new TraceBuilder()
        .tlbis(2)
        .cmd('CFGI_CD', { SID: 8, LEAF: 1 })
        .cmd('CFGI_STE', { SID: 8 })
        .tlbis(2)
        .sync()
        .doorbell();
    const ioctls = async (spec: string) => (await replayThrough(trace(), spec)).result.amplification.ioctls;
    expect(await ioctls(EXAMPLE)).toBe(1);
    expect(await ioctls(`${EXAMPLE}:limit=2`)).toBe(3);
    expect(await ioctls('ioctl-batched')).toBe(3);
    expect(await ioctls('ioctl')).toBe(5);
  });

  it('is ioctl-batched where there is one class only', async () => {
    for (const n of [1, 8, 64, 130]) {
      const batched = onlyLatencyNs(await replayThrough(oneSubmission(n), 'ioctl-batched'));
      expect(onlyLatencyNs(await replayThrough(oneSubmission(n), EXAMPLE))).toBe(batched);
    }
  });
});
