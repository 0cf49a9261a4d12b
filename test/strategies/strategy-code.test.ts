/** Strategies tier: is all that a user's code consists of found without running it, and is what cannot be found named? */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { strategyCode } from '../../src/strategies/user/code/strategy-code.js';
import { ROOT, Sandbox } from '../support/cli.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  onTestFinished(() => sandbox.remove());
});

/** Write `text` to `name`, with its folders. */
function file(name: string, text = ''): string {
  mkdirSync(dirname(sandbox.path(name)), { recursive: true });
  return sandbox.write(name, text);
}

const namesOf = (path: string) =>
  strategyCode(path).imports.map((one) => ('package' in one ? `${one.package}@${one.version}` : one.file));

describe('imports', () => {
  it('are followed through all forms that name their module, in circles too, and nothing is run', () => {
    const main = file(
      'a/main.mjs',
      `import x from './one.mjs'; import './data.json' with { type: 'json' }; export * from '../b/two.mjs?x#y';
       export { y } from './three%20x.mjs'; const later = () => import(\`./four.mjs\`); throw new Error('run');`,
    );
    file('a/one.mjs', "import '../a/main.mjs'; import './one.mjs'");
    file('a/data.json', '{}');
    file('b/two.mjs', "import five from './five.cjs'");
    file('a/three x.mjs');
    file('a/four.mjs', "import { join } from 'node:path'");
    file('b/five.cjs', "module.exports = require('./six')");
    file('b/six.js');
    const expected = [
      '../b/five.cjs',
      '../b/six.js',
      '../b/two.mjs',
      'data.json',
      'four.mjs',
      'one.mjs',
      'three x.mjs',
    ];
    expect(namesOf(main)).toEqual(expected);
    expect(strategyCode(main).notCovered).toEqual([]);
  });

  it('change the digest, wherever they are, and nothing else does', () => {
    const main = file('main.mjs', "import './one.mjs'; import 'outer';");
    file('one.mjs', "import './two.mjs'");
    file('two.mjs', '1');
    file(
      'node_modules/outer/package.json',
      '{"version":"1.2.3","dependencies":{"inner":"*"},"peerDependencies":{"no":"*"}}',
    );
    file('node_modules/outer/lib/any.txt');
    file('node_modules/inner/package.json', '{"version":"4.5.6"}');
    file('node_modules/other/package.json', '{"version":"7"}');
    expect(namesOf(main)).toEqual(['one.mjs', 'two.mjs', 'inner@4.5.6', 'outer@1.2.3']);
    const first = strategyCode(main).digest;
    file('node_modules/other/index.js', 'x');
    expect(strategyCode(main).digest).toBe(first);
    const digests = [first];
    for (const changed of [
      'two.mjs',
      'node_modules/outer/lib/any.txt',
      'node_modules/inner/index.js',
      'node_modules/no/index.js',
    ]) {
      file(changed, '// changed');
      digests.push(strategyCode(main).digest);
    }
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('of the tool itself are the tool: known by its build', () => {
    const main = file('main.mjs', "import { Cost } from 'smmuscope'");
    file('node_modules/.keep');
    symlinkSync(ROOT, join(sandbox.folder, 'node_modules/smmuscope'));
    expect(strategyCode(main)).toMatchObject({ imports: [], notCovered: [] });
  });

  it('give the same digest in another folder', () => {
    for (const folder of ['x', 'y/z']) {
      file(`${folder}/main.mjs`, "import './one.mjs'");
      file(`${folder}/one.mjs`, '1');
    }
    expect(strategyCode(sandbox.path('x/main.mjs'))).toEqual(strategyCode(sandbox.path('y/z/main.mjs')));
  });
});

describe('what no import names', () => {
  it.each([
    ["import fs from 'node:fs'", 'node:fs'],
    ["import 'fs/promises'", 'fs/promises'],
    ['const m = await_(import(name))', 'import() of an expression'],
    ['require(name)', 'require() of an expression'],
    ["module.require('./x')", 'module.require'],
    ["import './none.mjs'", './none.mjs, which is not there'],
    ["import 'none'", 'none, which is not in any node_modules above it'],
    ["import '#inside'", '#inside'],
    ["import 'data:text/javascript,1'", 'data:text/javascript,1'],
    ['eval(text)', 'eval'],
    ['x = process.env.X', 'process'],
    ['x = { process }', 'process'],
    ['x = Date.now()', 'Date'],
    ["x = Math['random']()", 'Math.random'],
  ])('is named: %s', (text, what) => {
    expect(strategyCode(file('main.mjs', `\n${text}`)).notCovered).toEqual([`main.mjs:2 uses ${what}`]);
  });

  it('is not where a name is no variable', () => {
    const text =
      'export const x = { process: 1, Date() {} }; x.process = x.eval; x.Date(); Math.floor(1.5); class A { fetch() {} }';
    expect(strategyCode(file('main.mjs', text)).notCovered).toEqual([]);
  });

  it('is a file that cannot be read as JavaScript', () => {
    file('one.ts', 'let x: number;');
    file('two.mjs', 'let let');
    const main = file('main.mjs', "import './one.ts'; import './two.mjs'");
    const expected = ['one.ts', 'two.mjs'].map((name) => `${name} is no JavaScript that can be read`);
    expect(strategyCode(main).notCovered).toEqual(expected);
  });
});
