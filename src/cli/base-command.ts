/**
 * The base of all commands: errors become one sentence on stderr and an exit code of design §9. Commands below it parse
 * flags, call, and hand the document to a reporter. Signals are the main thread's (process/main-thread.ts).
 */
import { Command } from '@oclif/core';
import { listsColumns } from './column-list.js';
import { describeFailure } from './failure.js';
import { tell } from './messages.js';
import { withSortSpelledOut } from './sort-argument.js';

/** Every command extends this. */
export abstract class BaseCommand extends Command {
  protected override async init(): Promise<void> {
    await super.init();
    if (this.flagNames().includes('--sort')) this.argv = withSortSpelledOut(this.argv);
    // A failure outside the command's own promise (a stream's error event) is reported the same way.
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (error) => this.fail(error));
  }

  protected override async catch(error: Error): Promise<never> {
    return this.fail(error);
  }

  /** `--columns help` needs no trace and no other argument: print the list, and say so. */
  protected async listsColumns(): Promise<boolean> {
    const isListed = await listsColumns(this.argv);
    if (isListed) this.parsed = true;
    return isListed;
  }

  private flagNames(): string[] {
    return Object.keys(this.ctor.flags ?? {}).map((name) => `--${name}`);
  }

  private fail(error: unknown): never {
    const { exitCode, sentence } = describeFailure(error, this.flagNames());
    if (sentence !== '') tell(sentence);
    if (process.env.SMMUSCOPE_DEBUG === '1' && error instanceof Error) error.stack?.split('\n').forEach(tell);
    process.exit(exitCode);
  }
}
