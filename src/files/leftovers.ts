/**
 * What must not be left behind when the process ends early: temporary files, a terminal in an unusual mode.
 *
 * Whoever makes such a thing says so first. It is undone at the end of the process or thread, whatever ends it: by this
 * thread where it still can (an error, `process.exit`), by the main thread where it cannot, because a signal found it
 * in the middle of a loop (cli/process/main-thread.ts).
 */
import { rmSync, writeSync } from 'node:fs';

/** A file to be removed, or a text that the terminal on standard error must be sent. */
export type Leftover = { readonly file: string } | { readonly terminal: string };

/** News for whoever undoes what this thread cannot: a leftover by its number; without one it is no more. */
export interface LeftoverNews {
  readonly number: number;
  readonly leftover?: Leftover;
}

/** Leftovers by number, undone together. */
export class Leftovers {
  private readonly open = new Map<number, Leftover>();

  take({ number, leftover }: LeftoverNews): void {
    if (leftover === undefined) this.open.delete(number);
    else this.open.set(number, leftover);
  }

  /** Undo all of them, once. Never throws: there may be nobody left to tell. */
  undo(): void {
    for (const leftover of this.open.values()) {
      try {
        if ('file' in leftover) rmSync(leftover.file, { force: true });
        else writeSync(2, leftover.terminal);
      } catch {
        // The folder or the terminal is gone, and the leftover with it.
      }
    }
    this.open.clear();
  }
}

const ofThisThread = new Leftovers();
let isWatching = false;
let lastNumber = 0;
let tell: (news: LeftoverNews) => void = () => {};

/** Have `listener` told of everything from now on, before it is there and after it is gone. */
export function tellLeftovers(listener: (news: LeftoverNews) => void): void {
  tell = listener;
}

/** `leftover` is about to be made; call what is returned when it is no more or may stay. */
export function leaveBehind(leftover: Leftover): () => void {
  if (!isWatching) process.once('exit', () => ofThisThread.undo());
  isWatching = true;
  const number = ++lastNumber;
  pass({ number, leftover });
  return () => pass({ number });
}

function pass(news: LeftoverNews): void {
  tell(news);
  ofThisThread.take(news);
}
