/**
 * Commands that a guest has written but not yet published, per queue (design §3: a command is invisible until a doorbell
 * of its queue; one that no doorbell ever publishes is never executed).
 *
 * Layout: commands of one queue lie one after another, four 32-bit words each.
 */

/** Takes the four 32-bit parts of a command. */
export type CommandSink = (c0Low: number, c0High: number, c1Low: number, c1High: number) => void;

const WORDS = 4;
const INITIAL_COMMANDS = 64;

class QueueBacklog {
  words = new Uint32Array(INITIAL_COMMANDS * WORDS);
  used = 0;
}

/** Backlogs of all queues. */
export class PendingCommands {
  readonly #backlogs = new Map<number, QueueBacklog>();
  #lastQueue = Number.NaN;
  #last = new QueueBacklog();

  /** Commands waiting for a doorbell. */
  get count(): number {
    let words = 0;
    for (const backlog of this.#backlogs.values()) words += backlog.used;
    return words / WORDS;
  }

  /** The guest wrote a command into `queue`. */
  push(queue: number, c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const backlog = this.#of(queue);
    if (backlog.used === backlog.words.length) {
      const larger = new Uint32Array(backlog.words.length * 2);
      larger.set(backlog.words);
      backlog.words = larger;
    }
    backlog.words[backlog.used++] = c0Low;
    backlog.words[backlog.used++] = c0High;
    backlog.words[backlog.used++] = c1Low;
    backlog.words[backlog.used++] = c1High;
  }

  /** A doorbell of `queue`: hands its commands to `sink` in order. */
  publish(queue: number, sink: CommandSink): void {
    const backlog = this.#of(queue);
    const { words, used } = backlog;
    for (let at = 0; at < used; at += WORDS) sink(words[at], words[at + 1], words[at + 2], words[at + 3]);
    backlog.used = 0;
  }

  #of(queue: number): QueueBacklog {
    if (queue === this.#lastQueue) return this.#last;
    let backlog = this.#backlogs.get(queue);
    if (backlog === undefined) {
      backlog = new QueueBacklog();
      this.#backlogs.set(queue, backlog);
    }
    this.#lastQueue = queue;
    this.#last = backlog;
    return backlog;
  }
}
