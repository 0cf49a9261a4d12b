/** What a run of the built tool loads: for tests of its start-up that need no clock. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CliResult, ROOT, runCli, type Sandbox } from './cli.js';

/** A run and the modules it loaded. */
export interface LoadingRun extends CliResult {
  /** The tool's own modules, relative to the repository. */
  readonly own: readonly string[];
  /** Names of the packages. */
  readonly packages: ReadonlySet<string>;
  /** How many modules in all. */
  readonly modules: number;
}

/**
 * Run `smmuscope ...args` and list what it loads: the scripts of Node's own coverage report, which costs less than a loader
 * hook and knows both kinds of modules.
 */
export async function runAndListModules(args: readonly string[], sandbox: Sandbox): Promise<LoadingRun> {
  const folder = sandbox.path(`${args.join('-').replaceAll(/[^\w-]/g, '_')}.coverage`);
  const result = await runCli(args, { env: { NODE_V8_COVERAGE: folder } });
  const scripts = readdirSync(folder).flatMap((name) => scriptsOf(join(folder, name)));
  const files = [...new Set(scripts)].map((address) => relative(ROOT, fileURLToPath(address)));
  return {
    ...result,
    own: files.filter((file) => !file.startsWith('node_modules/')),
    packages: new Set(files.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
    modules: files.length,
  };
}

/** Addresses of the scripts from files in one coverage report. */
function scriptsOf(report: string): string[] {
  const { result } = JSON.parse(readFileSync(report, 'utf8')) as { result: readonly { url: string }[] };
  return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
}

/** `name` and every package that it depends on, directly or not, as installed. */
export function dependencyClosure(name: string, from = join(ROOT, 'package.json'), closure = new Set<string>()) {
  if (closure.has(name)) return closure;
  closure.add(name);
  const paths = createRequire(from).resolve.paths(name) ?? [];
  for (const folder of paths) {
    const file = join(folder, name, 'package.json');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Readonly<Record<string, string>> };
    for (const dependency of Object.keys(dependencies)) dependencyClosure(dependency, file, closure);
    return closure;
  }
  throw new Error(`package ${name} is not installed`);
}
