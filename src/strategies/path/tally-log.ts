/** What the verbs of one program count, kept so that a program that runs again is counted again. */
import type { HwptIoctl, PathTally } from './tally.js';

/** Passes on what it is told, and repeats it when asked. */
export class TallyLog implements PathTally {
  /** Nothing was counted that a repetition would not count: commands and system calls of attachments are not kept. */
  isComplete = true;
  private readonly exits: string[] = [];
  private ioctls = 0;
  private addedSyncs = 0;

  constructor(private readonly tally: PathTally) {}

  /** A program begins. */
  clear(): void {
    this.isComplete = true;
    this.exits.length = 0;
    this.ioctls = 0;
    this.addedSyncs = 0;
  }

  /** The same program runs once more. */
  repeat(measured: boolean): void {
    const { tally, exits } = this;
    for (let i = 0; i < exits.length; i++) tally.onExit(exits[i], measured);
    for (let i = 0; i < this.ioctls; i++) tally.onIoctl(measured);
    for (let i = 0; i < this.addedSyncs; i++) tally.onAddedSync(measured);
  }

  onExit(cause: string, measured: boolean): void {
    this.exits.push(cause);
    this.tally.onExit(cause, measured);
  }

  onIoctl(measured: boolean): void {
    this.ioctls++;
    this.tally.onIoctl(measured);
  }

  onAddedSync(measured: boolean): void {
    this.addedSyncs++;
    this.tally.onAddedSync(measured);
  }

  onHostCommand(opcode: number, extraCause: number, measured: boolean): void {
    this.isComplete = false;
    this.tally.onHostCommand(opcode, extraCause, measured);
  }

  onHwptIoctl(kind: HwptIoctl, measured: boolean): void {
    this.isComplete = false;
    this.tally.onHwptIoctl(kind, measured);
  }
}
