/**
 * Calls that have not returned yet: which return ends which call.
 *
 * A task runs through the function on its own, so a return belongs to the latest open call of its task (idle tasks: of its
 * CPU); an interrupt may call the function while the task it interrupted is inside. A call that opens at the same or a
 * lower level of interruption than one already open proves that the return of the earlier one was not recorded.
 */
import { Context } from './line-prefix.js';

/** Levels of interruption: task, soft interrupt, hard interrupt, NMI. */
const MAX_DEPTH = 4;
/** Tasks with open calls at most; the tables of a damaged recording must not grow without bound. */
const MAX_TASKS = 65_536;

/** One open call. */
export interface OpenCall {
  readonly cpu: number;
  readonly context: number;
  /** A CMD_SYNC follows its commands: its return is a completion. */
  readonly hasSync: boolean;
  readonly line: number;
}

/** Open calls of all tasks. */
export class PendingCalls {
  private readonly calls = new Map<number, OpenCall[]>();

  /** A call opens; returns how many earlier ones are thereby known never to return. */
  open(task: number, call: OpenCall): OpenCall[] {
    let stack = this.calls.get(task);
    const lost: OpenCall[] = [];
    if (stack === undefined) {
      if (this.calls.size >= MAX_TASKS) {
        for (const open of this.calls.values()) lost.push(...open);
        this.calls.clear();
      }
      stack = [];
      this.calls.set(task, stack);
    }
    while (stack.length > 0 && this.cannotBeInside(stack[stack.length - 1], call, stack.length)) {
      lost.push(stack.pop() as OpenCall);
    }
    stack.push(call);
    return lost;
  }

  /** The call that a return of `task` ends; undefined if it is not known. */
  close(task: number): OpenCall | undefined {
    const stack = this.calls.get(task);
    const call = stack?.pop();
    if (stack?.length === 0) this.calls.delete(task);
    return call;
  }

  /** Events of `cpu` were lost: its open calls may have returned unseen. Returns those. */
  dropCpu(cpu: number): OpenCall[] {
    const lost: OpenCall[] = [];
    for (const [task, stack] of this.calls) {
      const kept = stack.filter((call) => call.cpu !== cpu);
      if (kept.length === stack.length) continue;
      lost.push(...stack.filter((call) => call.cpu === cpu));
      if (kept.length === 0) this.calls.delete(task);
      else this.calls.set(task, kept);
    }
    return lost;
  }

  /** All open calls, at the end of the recording. */
  rest(): OpenCall[] {
    return [...this.calls.values()].flat();
  }

  private cannotBeInside(outer: OpenCall, inner: OpenCall, depth: number): boolean {
    if (outer.context === Context.Unknown || inner.context === Context.Unknown) return depth >= MAX_DEPTH;
    return inner.context <= outer.context;
  }
}
