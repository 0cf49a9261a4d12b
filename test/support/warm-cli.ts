/**
 * Runs commands of the built tool one after another in one process of their own, which is several times quicker than a
 * process for each: for tests of what many commands print. Exit codes, signals, stdin and pipes are for `runCli`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type CliResult, ROOT, runCli } from './cli.js';

/** Modules of the user's stay in a process once they are loaded, and documents name them. */
const LOADS_MODULE = /\.[cm]?js(:|$)/;

/** One such process, started when it is first needed. */
export class WarmCli {
  private child: ChildProcess | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** Run `smmuscope ...args`, in its turn. A command that loads a module of the user's gets a process to itself. */
  run(args: readonly string[]): Promise<CliResult> {
    if (args.some((arg) => arg.split(',').some((part) => LOADS_MODULE.test(part)))) return runCli(args);
    const result = this.last.then(() => this.runNow(args));
    this.last = result.catch(() => {});
    return result;
  }

  /** End the process, and wait for its end. */
  async close(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || !child.connected) return;
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
  }

  private async runNow(args: readonly string[]): Promise<CliResult> {
    this.child ??= await started();
    const child = this.child;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => {
        this.child = undefined;
        reject(new Error(`the process ended with ${code} in: ${args.join(' ')}`));
      };
      child.once('exit', ended);
      child.once('message', (result) => {
        child.off('exit', ended);
        // What ends with an error leaves a process that is about to end, or that is not as it was.
        const settled = (result as CliResult).code === 0 ? Promise.resolve() : this.close();
        settled.then(() => resolve(result as CliResult), reject);
      });
      child.send(args);
    });
  }
}

async function started(): Promise<ChildProcess> {
  const { FORCE_COLOR: _colour, COLUMNS: _columns, ...env } = process.env;
  const child = fork(join(import.meta.dirname, 'warm-cli-process.mjs'), {
    cwd: ROOT,
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}
