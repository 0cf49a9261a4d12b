/** Topology, malformed files: is each mistake one exact sentence with its line? */
import { afterAll, describe, expect, it } from 'vitest';
import { loadTopology, parseTopology } from '../../src/topology/load.js';
import { Sandbox } from '../support/cli.js';
import { messageOf, tracePath } from '../support/traces.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

const HEADER = 'schema: smmuscope.topology/1\n';
const ONE = `${HEADER}devices:\n  - sid: 8\n`;

/** What, the file, and what must be said after its name. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', ': expected a topology, found an empty file'],
  ['comments only', '# nothing\n', ': expected a topology, found an empty file'],
  ['a list', '- 1\n', ':1: expected a mapping with the keys schema and devices, found a list'],
  ['a word', 'hello\n', ':1: expected a mapping with the keys schema and devices, found "hello"'],
  [
    'broken YAML',
    `${HEADER}devices: [\n`,
    ':3: expected YAML or JSON, found: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['a repeated key', `${ONE}    sid: 9\n`, ':4: expected YAML or JSON, found: Map keys must be unique'],
  ['no schema', 'devices: []\n', ':1: schema: expected smmuscope.topology/1, found none'],
  [
    'another schema',
    'schema: smmuscope.topology/2\ndevices: []\n',
    ':1: schema: expected smmuscope.topology/1, found "smmuscope.topology/2"',
  ],
  ['no devices', HEADER, ':1: devices: expected a list of devices, found none'],
  ['devices of another kind', `${HEADER}devices: 3\n`, ':2: devices: expected a list of devices, found 3'],
  ['empty devices', `${HEADER}devices:\n`, ':2: devices: expected a list of devices, found nothing'],
  [
    'an unknown key',
    `${HEADER}device: []\n`,
    ':2: unknown key device; did you mean devices? known: schema, smmus, guest, devices, bindings',
  ],
  [
    'an unknown key of a device',
    `${ONE}    atc_entry: 4\n`,
    ':4: unknown key atc_entry in devices[0]; did you mean atc_entries? known: sid, psid, smmu, ats, atc_entries',
  ],
  [
    'a misspelt required key',
    `${HEADER}devices:\n  - { ats: true }\n  - sib: 8\n`,
    ':4: unknown key sib in devices[1]; did you mean sid? known: sid, psid, smmu, ats, atc_entries',
  ],
  [
    'an unknown key of a binding',
    `${ONE}bindings:\n  - { sid: 8, asid: 1, until: 5 }\n`,
    ':5: unknown key until in bindings[0]; known: sid, ssid, asid, from_ns',
  ],
  [
    'a device that is none',
    `${HEADER}devices:\n  - 8\n`,
    ':3: devices[0]: expected a mapping with the key sid, found 8',
  ],
  ['no sid', `${ONE}  - ats: true\n`, ':4: devices[1].sid: expected a StreamID from 0 to 0xffffffff, found none'],
  [
    'a sid that is a word',
    `${HEADER}devices:\n  - sid: eight\n`,
    ':3: devices[0].sid: expected a StreamID from 0 to 0xffffffff, found "eight"',
  ],
  [
    'a sid out of range',
    `${HEADER}devices:\n  - sid: 0x100000000\n`,
    ':3: devices[0].sid: expected a StreamID from 0 to 0xffffffff, found 0x100000000',
  ],
  [
    'a negative psid',
    `${ONE}    psid: -1\n`,
    ':4: devices[0].psid: expected a StreamID from 0 to 0xffffffff, found -1',
  ],
  ['ats: yes', `${ONE}    ats: yes\n`, ':4: devices[0].ats: expected true or false, found "yes"'],
  [
    'an ATC without entries',
    `${ONE}    ats: true\n    atc_entries: 0\n`,
    ':5: devices[0].atc_entries: expected an integer from 1 to 1048576, found 0',
  ],
  [
    'entries without an ATC',
    `${ONE}    atc_entries: 64\n`,
    ':4: devices[0].atc_entries: expected ats: true beside it, found 64',
  ],
  [
    'the same device twice',
    `${ONE}  - { sid: 9 }\n  - { sid: 0x8 }\n`,
    ':5: devices[2].sid: expected a StreamID that no other device has, found 0x8',
  ],
  [
    'the same physical device twice',
    `${HEADER}devices:\n  - { sid: 8, psid: 3 }\n  - { sid: 9, psid: 3 }\n`,
    ':4: devices[1].psid: expected a physical StreamID that no other device has, found 3',
  ],
  [
    'bindings of another kind',
    `${ONE}bindings: { sid: 8 }\n`,
    ':4: bindings: expected a list of bindings, found a mapping',
  ],
  [
    'a binding without an ASID',
    `${ONE}bindings:\n  - { sid: 8 }\n`,
    ':5: bindings[0].asid: expected an ASID from 0 to 65535, found none',
  ],
  [
    'an ASID out of range',
    `${ONE}bindings:\n  - { sid: 8, asid: 65536 }\n`,
    ':5: bindings[0].asid: expected an ASID from 0 to 65535, found 65536',
  ],
  [
    'a time that is no integer',
    `${ONE}bindings:\n  - { sid: 8, asid: 1, from_ns: 1.5 }\n`,
    ':5: bindings[0].from_ns: expected a time of the trace in integer ns, found 1.5',
  ],
  [
    'a binding of nobody',
    `${ONE}bindings:\n  - { sid: 0x10, asid: 1 }\n`,
    ':5: bindings[0].sid: expected the sid of a listed device, found 0x10',
  ],
  [
    'two bindings at one time',
    `${ONE}bindings:\n  - { sid: 8, asid: 1 }\n  - { sid: 8, asid: 2 }\n`,
    ':6: bindings[1]: expected one binding of a device per time, found a mapping',
  ],
  [
    'JSON with a mistake',
    '{\n  "schema": "smmuscope.topology/1",\n  "devices": [{ "sid": "0x8", "ats": 1 }]\n}\n',
    ':3: devices[0].ats: expected true or false, found 1',
  ],
];

describe('a malformed topology file', () => {
  it.each(CASES)('%s', async (_what, text, sentence) => {
    expect(await messageOf(async () => parseTopology(text, 'my.yaml'))).toBe(`UsageError: my.yaml${sentence}`);
  });

  it('that is missing', async () => {
    expect(await messageOf(async () => loadTopology('none.yaml'))).toBe(
      'UsageError: none.yaml: expected a readable topology file, found ENOENT',
    );
  });
});

describe('a good topology file', () => {
  it('may be JSON with hexadecimal StreamIDs', () => {
    const text = '{"schema": "smmuscope.topology/1", "devices": [{"sid": "0x1F", "psid": 7}], "bindings": []}';
    expect(parseTopology(text, 'my.json').devices).toEqual([{ sid: 31, psid: 7 }]);
  });
});

describe('on the command line', () => {
  const trace = tracePath('csv/ats-four-devices.csv');
  it.each([
    ['replay', ['--strategy', 'ioctl']],
    ['compare', []],
  ])('%s ends with exit code 2 and the sentence', async (command, flags) => {
    const file = sandbox.write('bad.yaml', `${ONE}    atss: true\n`);
    const { code, stdout, stderr } = await warm.run([command, trace, ...flags, '--topology', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`${file}:4: unknown key atss in devices[0]; did you mean ats?`);
  });

  it('inspect --topology writes a file that replay takes', async () => {
    const file = sandbox.path('inferred.yaml');
    expect(await warm.run(['inspect', trace, '--topology', '--output', file])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const { stdout } = await warm.run(['inspect', trace, '--topology']);
    expect(stdout).toBe(sandbox.read('inferred.yaml'));
    const replayed = await warm.run(['replay', trace, '--strategy', 'ioctl', '--topology', file]);
    expect(replayed.code).toBe(0);
    expect(replayed.stdout).toContain('topology from inferred.yaml');
  });

  it('inspect --topology has one form only', async () => {
    const { code, stderr } = await warm.run(['inspect', trace, '--topology', '--json']);
    expect(code).toBe(2);
    expect(stderr).toContain('--topology: expected neither --json nor --reporter');
  });
});
