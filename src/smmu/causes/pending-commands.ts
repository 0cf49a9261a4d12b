/**
 * Guest commands whose SYNC the guest has not yet seen complete: the reason to call the loss of an entry the guest's own
 * wish and not a side effect of a wider host command.
 *
 * Layout: a ring; command number k (counted from 0 by this class) has its scope in row k mod ROWS, a power of two. Bounded: with more
 * than ROWS commands outstanding the oldest are forgotten, and losses that only they explain count as collateral.
 */
import { coversMember, Domain, type Scope } from '../scope.js';

const ROWS = 4096;
const MASK = ROWS - 1;

export class PendingCommands {
  private readonly domain = new Uint8Array(ROWS);
  private readonly leafOnly = new Uint8Array(ROWS);
  private readonly member = new Int32Array(ROWS);
  private readonly firstGroup = new Float64Array(ROWS);
  private readonly lastGroup = new Float64Array(ROWS);
  private readonly firstPage = new Float64Array(ROWS);
  private readonly lastPage = new Float64Array(ROWS);
  private readonly number = new Float64Array(ROWS);
  private readonly queue = new Uint8Array(ROWS);
  private head = 0;
  private tail = 0;
  /** Where the last search ended: commands take effect in order, so the next one probably matches just behind. */
  private cursor = 0;

  /** The guest has published command `number` of `queue` with this scope. */
  push(scope: Scope, number: number, queue: number): void {
    if (scope.domain === Domain.None) return;
    if (this.tail - this.head === ROWS) this.head++;
    const row = this.tail++ & MASK;
    this.domain[row] = scope.domain;
    this.leafOnly[row] = scope.leafOnly ? 1 : 0;
    this.member[row] = scope.member;
    this.firstGroup[row] = scope.firstGroup;
    this.lastGroup[row] = scope.lastGroup;
    this.firstPage[row] = scope.firstPage;
    this.lastPage[row] = scope.lastPage;
    this.number[row] = number;
    this.queue[row] = queue;
  }

  /** The guest has seen a SYNC complete that follows command `number` on `queue`. */
  retire(number: number, queue: number): void {
    for (let at = this.head; at < this.tail; at++) {
      const row = at & MASK;
      if (this.queue[row] === queue && this.number[row] <= number) this.domain[row] = Domain.None;
    }
    while (this.head < this.tail && this.domain[this.head & MASK] === Domain.None) this.head++;
  }

  /**
   * True if an outstanding guest command covers the entry of `group` and `member` over pages `first … last`; `isTable`
   * for walk caches, which leaf-only commands do not reach.
   */
  covers(domain: number, isTable: boolean, group: number, member: number, first: number, last: number): boolean {
    const { head, tail } = this;
    if (this.cursor < head || this.cursor >= tail) this.cursor = head;
    for (let step = tail - head; step > 0; step--) {
      const row = this.cursor & MASK;
      if (
        this.domain[row] === domain &&
        group >= this.firstGroup[row] &&
        group <= this.lastGroup[row] &&
        first <= this.lastPage[row] &&
        last >= this.firstPage[row] &&
        coversMember(this.member[row], member) &&
        !(isTable && this.leafOnly[row] === 1)
      ) {
        return true;
      }
      this.cursor = this.cursor + 1 === tail ? head : this.cursor + 1;
    }
    return false;
  }
}
