/**
 * Command line, bad input: is every mistake one clear sentence on stderr with the right exit code (design §9), with no
 * stack trace, nothing on stdout and no output file?
 */
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, type CliResult, runCli, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();

beforeAll(() => {
  sandbox.write('good.csv', SMALL_TRACE);
  sandbox.write('empty.csv', '');
  sandbox.write(
    'binary.bin',
    Uint8Array.from({ length: 4096 }, (_, index) => (index * 7) % 256),
  );
  sandbox.write('prose.txt', 'It was a dark and stormy night.\n'.repeat(50));
  sandbox.write('column.csv', SMALL_TRACE.replace('opcode', 'opcod'));
  sandbox.write('opcode.csv', SMALL_TRACE.replace('TLBI_NH_VA', 'TLBI_NH_VAX'));
  sandbox.write('backwards.csv', SMALL_TRACE.replace('\n3000,', '\n300,'));
  sandbox.write('cut.csv.gz', gzipSync(SMALL_TRACE.repeat(1)).subarray(0, 60));
  sandbox.write('profile.yaml', 'name: mine\n');
  mkdirSync(sandbox.path('folder'));
  mkdirSync(sandbox.path('two'));
  sandbox.write('two/good.csv', SMALL_TRACE);
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

/** `what`, arguments (run in the sandbox), exit code, and what the sentence must say. */
const CASES: readonly (readonly [string, string, number, RegExp])[] = [
  ['a missing file', 'inspect missing.csv', 2, /missing\.csv.*(no such file|not exist|none|found)/i],
  ['a directory', 'inspect folder', 2, /folder.*directory/],
  ['a missing file in a replay', 'replay missing.csv --strategy ioctl', 2, /missing\.csv/],
  ['an empty file', 'inspect empty.csv', 4, /empty\.csv.*empty/],
  ['an empty file in a comparison', 'compare good.csv empty.csv', 4, /empty\.csv.*empty/],
  ['a binary', 'inspect binary.bin', 4, /binary\.bin.*(qemu-log|csv).*binary/],
  ['prose', 'inspect prose.txt', 4, /prose\.txt.*It was a dark/],
  ['a truncated compressed file', 'inspect cut.csv.gz', 4, /cut\.csv\.gz/],
  ['an unknown CSV column', 'inspect column.csv', 4, /column\.csv:1: .*opcod.*opcode/],
  ['an unknown opcode', 'inspect opcode.csv', 4, /opcode\.csv:3: .*TLBI_NH_VAX/],
  ['time that runs backwards', 'inspect backwards.csv', 4, /backwards\.csv:7: .*300/],
  ['an empty standard input', 'inspect -', 4, /<stdin>.*empty/],
  ['an unknown command', 'comapre good.csv', 2, /unknown command comapre; did you mean compare\?/],
  ['an unknown flag', 'inspect good.csv --fromat csv', 2, /unknown flag --fromat; did you mean --format\?/],
  ['a missing argument', 'inspect', 2, /missing 1 required arg: trace/],
  ['a surplus argument', 'inspect good.csv good.csv', 2, /unexpected argument/],
  ['a missing strategy', 'replay good.csv', 2, /strategy/],
  ['an unknown strategy', 'replay good.csv --strategy iocl', 2, /unknown strategy iocl; did you mean ioctl\?/],
  ['an unknown strategy in a list', 'compare good.csv --strategies ioctl,foo', 2, /unknown strategy foo/],
  ['several strategies in a replay', 'replay good.csv --strategy ioctl,native', 2, /one strategy.*ioctl,native/],
  ['a time to migrate without a path', 'replay good.csv --strategy ioctl --migrate-at 1us', 2, /--migrate-at.*--to/],
  ['a path to migrate to without a time', 'replay good.csv --strategy ioctl --to ecmdq', 2, /--to.*--migrate-at/],
  [
    'a malformed time to migrate',
    'replay good.csv --strategy ioctl --migrate-at 5m --to ecmdq',
    2,
    /--migrate-at: expected a time such as 5ms.*"5m"/,
  ],
  ['an unknown path to migrate to', 'replay good.csv --strategy ioctl --migrate-at 0 --to ecmq', 2, /ecmq.*ecmdq\?/],
  [
    'several paths to migrate to',
    'replay good.csv --strategy ioctl --migrate-at 0 --to ecmdq,hw-vcmdq',
    2,
    /--to: expected one strategy.*ecmdq,hw-vcmdq/,
  ],
  [
    'a path to migrate to that has no stage 2',
    'replay good.csv --strategy hw-vcmdq --migrate-at 0 --to native',
    2,
    /--to native: expected a path whose devices translate through both stages, as with hw-vcmdq; found one with one/,
  ],
  [
    'a missing file of a path to migrate to',
    'replay good.csv --strategy ioctl --migrate-at 0 --to ./none.mjs',
    2,
    /none\.mjs/,
  ],
  ['an unknown option of a strategy', 'replay good.csv --strategy sw-vcmdq:wroker=poll', 2, /worker/],
  ['a bad value of an option', 'replay good.csv --strategy sw-vcmdq:worker=nap', 2, /sleep or poll.*nap/],
  ['an unknown fault', 'replay good.csv --strategy ioctl --fault ilegal@3', 2, /illegal@N.*did you mean illegal\?/],
  ['a fault on several VMs', 'compare good.csv --fault illegal@3 --vms 2', 2, /--fault: expected it without --vms/],
  ['a shift without a unit', 'compare good.csv --vms 2 --vm-shift 3x', 2, /--vm-shift: expected a time such as 5ms/],
  [
    'a queue that nobody can replicate',
    'replay good.csv --strategy hw-vcmdq:routing=broadcast',
    2,
    /strategy hw-vcmdq: routing=broadcast: expected per-instance/,
  ],
  ['an unknown routing', 'replay good.csv --strategy ioctl:routing=brodcast', 2, /did you mean broadcast/],
  ['a fault at no command', 'compare good.csv --fault illegal@0', 2, /--fault illegal@0.*from 1/],
  ['an unknown targeting', 'compare good.csv --atc vsid,brodcast', 2, /brodcast.*broadcast/],
  [
    'a baseline that is not compared',
    'compare good.csv --strategies ioctl --baseline native',
    2,
    /--baseline.*ioctl.*native/,
  ],
  ['an unknown baseline', 'compare good.csv --baseline nativ', 2, /unknown strategy nativ; did you mean native\?/],
  ['an unknown profile', 'compare good.csv --profile grace', 2, /unknown profile grace.*grace-cmdqv/],
  ['a missing profile file', 'compare good.csv --profile ./none.yaml', 2, /none\.yaml/],
  ['a malformed profile file', 'compare good.csv --profile ./profile.yaml', 2, /profile\.yaml/],
  [
    'an unknown parameter',
    'compare good.csv --set smmu.mem_latncy_ns=1',
    2,
    /smmu\.mem_latncy_ns.*smmu\.mem_latency_ns/,
  ],
  ['a parameter without a value', 'compare good.csv --set smmu.mem_latency_ns', 2, /KEY=VALUE/],
  ['a parameter out of range', 'compare good.csv --set smmu.mem_latency_ns=-5', 2, /smmu\.mem_latency_ns.*-5/],
  ['an unknown parameter shown', 'profiles show --set foo=1', 2, /unknown key foo/],
  ['an unknown profile shown', 'profiles show foo', 2, /unknown profile foo/],
  ['an unknown reporter', 'compare good.csv --reporter jsn', 2, /unknown reporter jsn; did you mean json\?/],
  ['two reporters', 'inspect good.csv --json --reporter csv', 2, /--json.*--reporter csv/],
  ['an unknown format', 'inspect good.csv --format cvs', 2, /unknown trace format cvs; did you mean csv\?/],
  ['the wrong format', 'inspect good.csv --format qemu-log', 4, /good\.csv/],
  ['an unknown pacing', 'compare good.csv --pacing slow', 2, /--pacing.*closed, recorded, asap/],
  ['a limit that is no number', 'inspect good.csv --limit many', 2, /--limit: expected an integer.*many/],
  ['a negative warm-up', 'compare good.csv --warmup -1', 2, /--warmup/],
  ['two traces of one name', 'compare good.csv two/good.csv', 2, /good\.csv twice/],
  ['an output folder that is missing', 'inspect good.csv --output none/out.json', 2, /none\/out\.json.*no such folder/],
  ['an output that is a folder', 'inspect good.csv --output folder', 2, /folder.*a directory/],
  ['an output below a file', 'inspect good.csv --output good.csv/out', 2, /good\.csv\/out/],
  ['the trace itself as the output', 'inspect good.csv --output ./good.csv', 2, /other than the trace/],
];

type Run = (args: readonly string[], options: CliOptions) => Promise<CliResult>;

/** Give `line` to the tool: one sentence, the exit code, and nothing else. */
async function expectRefusal(run: Run, line: string, exitCode: number, sentence: RegExp): Promise<void> {
  const output = line.includes('--output') || line.startsWith('comapre') ? [] : ['--output', 'never.txt'];
  const { code, stdout, stderr } = await run([...line.split(' '), ...output], { cwd: sandbox.folder });
  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/^smmuscope: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\n\s+at |Error:|\[object/);
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
}

/** What a process of its own is asked: one of each place where a run can end. */
const IN_A_PROCESS = [
  'a missing file',
  'an empty file in a comparison',
  'time that runs backwards',
  'an unknown command',
  'an unknown flag',
  'an unknown parameter',
  'an output below a file',
];

describe('bad input', () => {
  it.each(CASES.filter(([what]) => what !== 'an unknown command'))(
    '%s: %s',
    async (_what, line, exitCode, sentence) => {
      await expectRefusal((args, options) => warm.run(args, options), line, exitCode, sentence);
    },
  );
});

describe.concurrent('bad input ends a process', () => {
  it.each(CASES.filter(([what]) => IN_A_PROCESS.includes(what)))('%s: %s', async (_what, line, exitCode, sentence) => {
    await expectRefusal(runCli, line, exitCode, sentence);
  });
});

describe('after all bad input', () => {
  it('leaves nothing behind in the folder of the output', () => {
    expect(sandbox.list().filter((name) => name.startsWith('.') || name.startsWith('never'))).toEqual([]);
    expect(sandbox.read('good.csv')).toBe(SMALL_TRACE);
  });
});
