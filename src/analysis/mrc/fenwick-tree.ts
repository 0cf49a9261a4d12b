/**
 * Counts of marks over positions 0 … capacity-1, with O(log n) update and prefix count (a Fenwick tree).
 *
 * Layout: node i (from 1) holds the sum of the `i & -i` positions that end at position i-1; node 0 is unused.
 */
export class FenwickTree {
  #nodes: Int32Array;

  constructor(capacity: number) {
    this.#nodes = new Int32Array(capacity + 1);
  }

  /** Number of positions. */
  get capacity(): number {
    return this.#nodes.length - 1;
  }

  /** Add `change` to the mark count at `position`. */
  add(position: number, change: number): void {
    const nodes = this.#nodes;
    for (let node = position + 1; node < nodes.length; node += node & -node) nodes[node] += change;
  }

  /** Marks at positions below `position`. */
  countBelow(position: number): number {
    const nodes = this.#nodes;
    let count = 0;
    for (let node = position; node > 0; node &= node - 1) count += nodes[node];
    return count;
  }

  /** Start again with one mark at each of positions 0 … marks-1, and none above; O(capacity). */
  resetDense(capacity: number, marks: number): void {
    if (capacity !== this.capacity) this.#nodes = new Int32Array(capacity + 1);
    for (let node = 1; node <= capacity; node++) {
      const first = node - (node & -node);
      this.#nodes[node] = Math.max(0, Math.min(node, marks) - first);
    }
  }
}
