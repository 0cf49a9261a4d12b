/**
 * Do the weights of a Huffman tree end? (RFC 8878 §4.2.1.2)
 *
 * They are packed with a table of states, and a state may take no bits to leave. A table made for it goes round in a circle
 * that takes none at all; the JavaScript decoder would then never return. The format has at most 255 weights.
 */

/** Longest description of a tree that needs checking, the literals' header (at most 5 bytes) before it included. */
export const TREE_BYTES = 5 + 1 + 127;
const MOST_WEIGHTS = 255;
/** Largest table for weights: 2^6 states. */
const MAX_ACCURACY = 6;
/** In the first byte of a block: literals packed with a tree that stands before them. */
const WITH_TREE = 2;

/** False if `block`, the first bytes of a compressed block, begins with a tree whose weights do not end. */
export function weightsEnd(block: Uint8Array): boolean {
  if (block.length === 0 || (block[0] & 3) !== WITH_TREE) return true;
  const sizeFormat = (block[0] >> 2) & 3;
  const at = sizeFormat < 2 ? 3 : sizeFormat + 2;
  const treeBytes = block[at] ?? 0;
  if (treeBytes >= 128 || at + 1 + treeBytes > block.length) return true;
  const tree = block.subarray(at + 1, at + 1 + treeBytes);
  const table = stateTable(tree);
  return table === undefined || countWeights(tree, table) <= MOST_WEIGHTS;
}

/** For each state, the bits that it takes and what they are added to; and how many bytes tell so. */
interface StateTable {
  readonly accuracy: number;
  readonly bits: Uint8Array;
  readonly base: Uint8Array;
  readonly bytes: number;
}

/** The table at the beginning of `tree`; undefined if it is malformed, which every decoder sees. */
function stateTable(tree: Uint8Array): StateTable | undefined {
  const accuracy = ((tree[0] ?? 15) & 15) + 5;
  if (accuracy > MAX_ACCURACY) return undefined;
  const size = 1 << accuracy;
  const counts: number[] = [];
  let bit = 4;
  const read = (bits: number): number => (wordAt(tree, bit >> 3) >> (bit & 7)) & ((1 << bits) - 1);
  for (let left = size; left > 0; ) {
    const bits = 31 - Math.clz32(left + 1);
    const short = read(bits);
    const unused = (1 << (bits + 1)) - 1 - (left + 1);
    let value = short;
    if (short < unused) bit += bits;
    else {
      value = read(bits + 1);
      if (value >= 1 << bits) value -= unused;
      bit += bits + 1;
    }
    const count = value - 1;
    counts.push(count);
    left -= Math.abs(count);
    if (left < 0 || counts.length > MOST_WEIGHTS) return undefined;
    for (let more = count === 0 ? 3 : 0; more === 3; bit += 2) {
      more = read(2);
      for (let skipped = 0; skipped < more; skipped++) counts.push(0);
    }
  }
  return { accuracy, ...spread(counts, accuracy), bytes: (bit + 7) >> 3 };
}

/** Three bytes from `at` on, zeros behind the end. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);

/** Deal the states to the symbols (RFC 8878 §4.1.1). */
function spread(counts: readonly number[], accuracy: number): Pick<StateTable, 'bits' | 'base'> {
  const size = 1 << accuracy;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => Math.abs(count));
  let rare = size;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[--rare] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let state = 0;
  counts.forEach((count, symbol) => {
    for (let dealt = 0; dealt < count; dealt++) {
      symbols[state] = symbol;
      do state = (state + step) & (size - 1);
      while (state >= rare);
    }
  });
  const bits = new Uint8Array(size);
  const base = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    const number = next[symbols[at]]++;
    bits[at] = accuracy - (31 - Math.clz32(number));
    base[at] = (number << bits[at]) - size;
  }
  return { bits, base };
}

/** Weights that two states in turn give until the bits, read from the end, are used up; no more than one too many. */
function countWeights(tree: Uint8Array, { accuracy, bits, base, bytes }: StateTable): number {
  const last = tree[tree.length - 1] ?? 0;
  if (last === 0) return 0;
  let bit = 8 * (tree.length - 1) + 31 - Math.clz32(last);
  const end = 8 * bytes;
  const states = [0, 0];
  const wanted = [accuracy, accuracy];
  let count = 0;
  for (; count <= MOST_WEIGHTS; count++) {
    const which = count & 1;
    bit -= wanted[which];
    if (bit < end) break;
    const state = states[which] + ((wordAt(tree, bit >> 3) >> (bit & 7)) & ((1 << wanted[which]) - 1));
    wanted[which] = bits[state];
    states[which] = base[state];
  }
  return count;
}
