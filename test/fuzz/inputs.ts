/** Input N of a run: which seed, changed how, given how. A number is all that it takes to have it again. */
import { readerNames } from '../../src/formats/registry.js';
import { seededRandom } from '../analysis/oracle/random.js';
import type { Corpus, Seed } from './corpus.js';
import { mutated } from './mutations/mutate.js';
import type { Giving } from './round.js';

/** One input. */
export interface FuzzInput {
  readonly seed: Seed;
  readonly bytes: Buffer;
  readonly giving: Giving;
}

/** Input `number` of the run with seed `base`. */
export function inputOf({ seeds }: Corpus, base: number, number: number): FuzzInput {
  const seed = seeds[number % seeds.length];
  const below = seededRandom(Math.imul(base, 0x9e3779b1) ^ number);
  const bytes = mutated(seed, seeds, below(2 ** 31));
  const names = readerNames();
  const format = [undefined, undefined, undefined, seed.format, seed.format, names[below(names.length)]][below(6)];
  return { seed, bytes, giving: { format, lenient: below(2) === 0, chunkBytes: [64, 1000, 2 ** 16][below(3)] } };
}
