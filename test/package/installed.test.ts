/**
 * Package: does the tarball hold a program? Installed into an empty folder (installed.ts), it runs the demo of the README,
 * explains every command, and a strict TypeScript program compiles against its types and runs, on this Node and on those
 * of SMMUSCOPE_NODES (`npm run test:nodes`). `npm run test:package` asks it of a tarball made from a fresh clone.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, Sandbox, toolEnvironment } from '../support/cli.js';
import { install } from './installed.js';

const NODES = [process.execPath, ...(process.env.SMMUSCOPE_NODES ?? '').split(delimiter).filter((path) => path !== '')];
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const CONSUMER = {
  compilerOptions: {
    ...{ strict: true, skipLibCheck: false, module: 'NodeNext', target: 'ES2023', lib: ['ES2023'], types: ['node'] },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: false, noEmitOnError: true },
  },
  files: ['use.ts'],
};

/** A stranger's program. */
const PROGRAM = `import * as smmuscope from 'smmuscope';
try {
  const document = await smmuscope.replay(process.argv[2], { strategy: 'ioctl' });
  const [{ strategy, latency }] = document.results;
  console.log(\`\${strategy}: \${latency.operation.count} operations\`);
} catch (error) {
  if (!(error instanceof smmuscope.UserError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
`;

let sandbox: Sandbox;
let home: string;
beforeAll(() => {
  // A program in TypeScript has the types of Node; the compiler itself is this repository's.
  sandbox = install(['@types/node', 'undici-types']);
  home = sandbox.path('node_modules/smmuscope');
  sandbox.write('package.json', JSON.stringify({ type: 'module' }));
  sandbox.write('tsconfig.json', JSON.stringify(CONSUMER));
  sandbox.write('use.ts', PROGRAM);
}, 60_000);
afterAll(() => sandbox.remove());

/** Run `node` on `args` in the empty folder. */
function run(node: string, args: readonly string[]) {
  // A developer's surroundings: the framework would look for sources in place of dist/.
  const env = toolEnvironment({ HOME: sandbox.folder, NODE_ENV: 'development' });
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: sandbox.folder, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

it('says that it is not built, where it is not', () => {
  const unbuilt = new Sandbox();
  mkdirSync(unbuilt.path('bin'));
  cpSync(join(home, 'bin/run.js'), unbuilt.path('bin/run.mjs'));
  const { status, stdout, stderr } = run(process.execPath, [unbuilt.path('bin/run.mjs'), '--help']);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^smmuscope: expected the built tool in dist\/, found none; [^\n]+\n$/);
  unbuilt.remove();
});

it('holds what a reader looks for', () => {
  const needed = [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'docs/quick-start.md',
    'docs/facts/README.md',
    'docs/design.md',
  ];
  const data = ['docs/schemas/result.schema.json', 'docs/examples/emulated.mjs', 'dist/profiles/neoverse-mmu700.yaml'];
  for (const name of [...needed, ...data]) expect([name, existsSync(join(home, name))]).toEqual([name, true]);
});

describe('a program against its types', () => {
  it('compiles under strict, its declarations checked too', () => {
    expect(run(process.execPath, [COMPILER, '-p', '.'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe.each(NODES)('%s', (node) => {
  const tool = () => sandbox.path('node_modules/.bin/smmuscope');

  it('runs the demo and prints what the README shows', () => {
    const [, command, output] =
      /```sh\nsmmuscope (compare .*)\n```\n\n```text\n([\s\S]*?)```/.exec(
        readFileSync(join(home, 'README.md'), 'utf8'),
      ) ?? [];
    const args = command.split(' ').map((word) => (word.startsWith('traces/') ? join(home, word) : word));
    expect(run(node, [tool(), ...args])).toEqual({ status: 0, stdout: output, stderr: '' });
  });

  it('explains every command', () => {
    const { commands } = JSON.parse(readFileSync(join(home, 'oclif.manifest.json'), 'utf8'));
    const names = Object.keys(commands).filter((id) => !commands[id].hidden);
    expect(names.length).toBeGreaterThan(15);
    const { stdout } = run(node, [tool(), 'help']);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name.split(':')[0]} `, 'm'));
    expect(run(node, [tool(), 'help', 'profiles', 'show']).stdout).toContain('USAGE\n  $ smmuscope profiles show');
  });

  it('runs the compiled program, and gives it errors of its own kind', () => {
    const trace = join(home, 'traces/csv/ats-four-devices.csv');
    expect(run(node, ['use.js', trace])).toEqual({ status: 0, stdout: 'ioctl: 16 operations\n', stderr: '' });
    const { status, stderr } = run(node, ['use.js', 'nowhere.csv']);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^nowhere\.csv: expected [^\n]+\n$/)]);
  });
});
