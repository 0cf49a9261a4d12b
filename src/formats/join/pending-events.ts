import type { Submission } from './recording.js';

/** Completions that are not due yet, few at a time: one per vCPU. */
export class PendingEvents {
  private readonly events: { readonly ns: number; readonly submission: Submission }[] = [];

  /** Add the completion of `submission` at `ns`. */
  push(ns: number, submission: Submission): void {
    let at = this.events.length;
    while (at > 0 && this.events[at - 1].ns > ns) at--;
    this.events.splice(at, 0, { ns, submission });
  }

  /** Time of the next one, or infinity. */
  nextNs(): number {
    return this.events.length === 0 ? Number.POSITIVE_INFINITY : this.events[0].ns;
  }

  /** Take the next one. */
  pop(): Submission | undefined {
    return this.events.shift()?.submission;
  }
}
