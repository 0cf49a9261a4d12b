/**
 * Runs commands of the built tool one after another in one process of their own, which is several times quicker than a
 * process for each: for tests of what many commands print, refuse and write. Signals, pipes and the end of the process
 * itself are for `runCli`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type CliOptions, type CliResult, ROOT, runCli, toolEnvironment } from './cli.js';

/** Modules of the user's stay in a process once they are loaded, and documents name them. */
const LOADS_MODULE = /\.[cm]?js(:|$)/;

/** Whether a command needs a process to itself: it loads a module, or reads descriptor 0 past `process.stdin`. */
function needsProcess(args: readonly string[]): boolean {
  if (args[0] === 'report' && args.includes('-')) return true;
  return args.some((arg) => arg.split(',').some((part) => LOADS_MODULE.test(part)));
}

/** What the process tells of a command: how it ended, and whether the process ends with it. */
interface Told {
  readonly result: CliResult;
  readonly hasEnded: boolean;
}

/** One such process, started when it is first needed. */
export class WarmCli {
  private child: ChildProcess | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** Run `smmuscope ...args`, in its turn. A command that needs a process to itself gets one. */
  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    if (needsProcess(args)) return runCli(args, options);
    const result = this.last.then(() => this.runNow(args, options));
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

  private async runNow(args: readonly string[], { cwd, env, input }: CliOptions): Promise<CliResult> {
    this.child ??= await started();
    const child = this.child;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => {
        this.child = undefined;
        reject(new Error(`the process ended with ${code} in: ${args.join(' ')}`));
      };
      child.once('exit', ended);
      child.once('message', (told) => {
        child.off('exit', ended);
        const { result, hasEnded } = told as Told;
        const settled = hasEnded ? this.close() : Promise.resolve();
        settled.then(() => resolve(result), reject);
      });
      child.send({ words: args, cwd, env: toolEnvironment(env), input });
    });
  }
}

async function started(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'warm-cli-process.mjs'), {
    cwd: ROOT,
    env: toolEnvironment(),
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}
