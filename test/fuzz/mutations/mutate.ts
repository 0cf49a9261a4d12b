/** Input N of a seed: damage that knows nothing, and changes that know the format. */
import { type RandomInteger, seededRandom } from '../../analysis/oracle/random.js';
import { damaged } from '../../support/damage.js';
import type { Layout, Seed } from '../corpus.js';
import {
  arrowStructure,
  type Field,
  gzStructure,
  rawStructure,
  type Structure,
  simpleStructure,
  xzStructure,
  zstStructure,
} from './fields.js';
import { changedText } from './text.js';

const STRUCTURES: Partial<Record<Layout, (bytes: Buffer) => Structure>> = {
  arrow: arrowStructure,
  'qemu-simple': simpleStructure,
  raw: rawStructure,
  gz: gzStructure,
  xz: xzStructure,
  zst: zstStructure,
};
/** Some packed files stay as they are, and are followed by one of their own kind, as `cat a.gz b.gz` makes them. */
const MEMBERS: readonly Layout[] = ['gz', 'xz', 'zst'];

/** The input of `seed` that the number `random` decides; lines and members come from `seeds`. */
export function mutated(seed: Seed, seeds: readonly Seed[], random: number): Buffer {
  const below = seededRandom(random);
  let bytes: Buffer = Buffer.from(seed.bytes);
  const structureOf = STRUCTURES[seed.layout];
  const mode = below(10);
  if (mode < 6) {
    if (seed.layout === 'text') bytes = changedText(bytes, otherOf('text', seeds, below).bytes, below);
    else if (structureOf !== undefined) bytes = changedStructure(bytes, structureOf, below);
  }
  if (mode >= 5) bytes = damaged(bytes, below(2 ** 31));
  if (MEMBERS.includes(seed.layout) && below(6) === 0) {
    if (below(2) === 0) bytes = seed.bytes;
    bytes = Buffer.concat([bytes, otherOf(seed.layout, seeds, below).bytes, Buffer.alloc(below(3) * 4)]);
  }
  return bytes;
}

function otherOf(layout: Layout, seeds: readonly Seed[], below: RandomInteger): Seed {
  const alike = seeds.filter((seed) => seed.layout === layout);
  return alike[below(alike.length)];
}

function changedStructure(bytes: Buffer, structureOf: (bytes: Buffer) => Structure, below: RandomInteger): Buffer {
  const structure = structureOf(bytes);
  if (below(4) === 0 && structure.parts.length > 2) return rearranged(bytes, structure.parts, below);
  for (let changes = 1 + below(4); changes > 0 && structure.fields.length > 0; changes--) {
    changeField(bytes, structure.fields, below);
  }
  if (below(4) > 0) structure.mend?.(bytes);
  return bytes;
}

/** A part is gone, there twice, or in another's place. */
function rearranged(bytes: Buffer, parts: readonly number[], below: RandomInteger): Buffer {
  const pieces = parts.slice(1).map((end, index) => bytes.subarray(parts[index], end));
  const [one, other] = [below(pieces.length), below(pieces.length)];
  const change = below(3);
  if (change === 0) pieces.splice(one, 1);
  else if (change === 1) pieces.splice(other, 0, pieces[one]);
  else [pieces[one], pieces[other]] = [pieces[other], pieces[one]];
  return Buffer.concat(pieces);
}

function changeField(bytes: Buffer, fields: readonly Field[], below: RandomInteger): void {
  const { at, width } = fields[below(fields.length)];
  const value = valueAt(bytes, { at, width });
  const another = valueAt(bytes, fields[below(fields.length)]);
  const all = 2n ** BigInt(8 * width);
  const values = [
    0n,
    1n,
    all - 1n,
    all >> 1n,
    (all >> 1n) - 1n,
    value + 1n,
    value - 1n,
    value + 8n,
    value * 2n,
    value >> 1n,
    value ^ (1n << BigInt(below(8 * width))),
    BigInt(bytes.length),
    BigInt(bytes.length - at),
    another,
    BigInt(below(256)),
  ];
  const changed = BigInt.asUintN(8 * width, values[below(values.length)]);
  for (let index = 0; index < width; index++) bytes[at + index] = Number((changed >> BigInt(8 * index)) & 0xffn);
}

function valueAt(bytes: Buffer, { at, width }: Field): bigint {
  let value = 0n;
  for (let index = width - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[at + index]);
  return value;
}
