/**
 * CLI tier: does every command in the README and in docs/ work as printed, and does it print what they show?
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface DocumentedCommand {
  readonly page: string;
  readonly command: string;
  /** The block of text that follows it, if the page shows its output. */
  readonly output: string | undefined;
}

/** Lines of ```sh blocks that begin with `smmuscope`; a ```text block right after shows the last one's output. */
function commandsOf(page: string): DocumentedCommand[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g)];
  return blocks.flatMap(([, script, output]) => {
    const lines = script.trim().split('\n');
    return lines.map((command, index) => ({ page, command, output: index === lines.length - 1 ? output : undefined }));
  });
}

const commands = PAGES.flatMap(commandsOf);
/** A command that several pages show runs once. */
const runs = new Map<string, Promise<CliResult>>();
/** The README's commands run as a user runs them; those of the other pages share a process. */
const warm = new WarmCli();
afterAll(() => warm.close());

function runOnce({ page, command }: DocumentedCommand, args: readonly string[]): Promise<CliResult> {
  const known = runs.get(command);
  const run = known ?? (page === 'README.md' ? runCli(args) : warm.run(args));
  runs.set(command, run);
  return run;
}

describe('documented commands', () => {
  it('are there', () => {
    expect(commands.length).toBeGreaterThan(8);
  });

  it.concurrent.each(commands)('$page: $command', async (documented) => {
    const { command, output } = documented;
    const [program, ...args] = command.split(/\s+/);
    expect(program).toBe('smmuscope');
    const run = await runOnce(documented, args);
    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
    if (output === undefined) expect(run.stdout.length).toBeGreaterThan(0);
    else expect(run.stdout).toBe(output);
  });

  it('the README’s first command is what `npm run demo` runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const first = commands[0].command.replace(/^smmuscope /, '');
    expect(scripts.demo.endsWith(`node bin/run.js ${first}`)).toBe(true);
  });
});
