/**
 * What a format could not hold, by kind, in the order in which each kind showed first.
 */
export class Losses {
  private readonly counts = new Map<string, number>();

  /** `count` more of `what`: a noun phrase such as `dma events`. */
  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  /** True if nothing was lost. */
  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  /** Every kind with its count. */
  entries(): { readonly what: string; readonly count: number }[] {
    return [...this.counts].map(([what, count]) => ({ what, count }));
  }
}
