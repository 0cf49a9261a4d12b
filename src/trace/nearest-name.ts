/**
 * Which of the known names somebody meant who wrote another one: part of it (`tlb.entries` for `tlb.main.entries`), a slip of
 * the pen, both, or a word of what the name stands for.
 */

/** A name, and what it stands for in words that may be looked for too. */
interface Described {
  readonly name: string;
  readonly about: string;
}

/** Names that a message says somebody may have meant, at most. */
const MOST_MEANT = 3;
/** So many names are all shown; of more, a message says where they are listed. */
const MOST_SHOWN = 10;
/** What is longer is a line of noise, not a name. */
const LONGEST = 200;
/** Fewer letters are in nearly every name. */
const LEAST_LETTERS = 2;

/** How far a name is from what was written; undefined: it cannot be meant. Less is nearer. */
type Distance = (written: string, candidate: Described) => number | undefined;

/** Ways to mean a name, the most likely one first: of the first that finds any, the nearest ones are meant. */
const WAYS: readonly { readonly distance: Distance; readonly most: number }[] = [
  { distance: inWords((word, of) => (word === of ? 0 : undefined)), most: MOST_MEANT },
  { distance: bySlips, most: 1 },
  { distance: inWords(nearWord), most: MOST_MEANT },
  { distance: (written, { name }) => containing(squashed(written), squashed(name)), most: MOST_MEANT },
  { distance: (written, { about }) => inWords(nearWord)(written, { name: about, about }), most: MOST_MEANT },
];

/** The names that `written` most likely stands for, three at most, the likeliest first. */
function meant(written: string, candidates: readonly Described[]): Described[] {
  if (written.length > LONGEST) return [];
  for (const { distance, most } of WAYS) {
    const found = candidates.flatMap((candidate) => {
      const far = distance(written.toLowerCase(), { ...candidate, name: candidate.name.toLowerCase() });
      return far === undefined ? [] : [{ candidate, far }];
    });
    if (found.length === 0) continue;
    const least = Math.min(...found.map(({ far }) => far));
    const nearest = found.filter(({ far }) => far === least).map(({ candidate }) => candidate);
    return nearest.slice(0, most);
  }
  return [];
}

/** The candidate that `name` most likely stands for, if any. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  return meant(name, candidates.map(undescribed)).at(0)?.name;
}

/**
 * Sentence tail for an unknown name: what may have been meant, and all names if they are few, else where they are listed.
 * @param candidates names, or names with what each stands for
 * @param listedBy the command or page that lists them
 */
export function suggestion(
  name: string,
  candidates: readonly string[] | readonly Described[],
  listedBy?: string,
): string {
  const described = candidates.map((one) => (typeof one === 'string' ? undescribed(one) : one));
  const near = meant(name, described).map((one) => (one.about === '' ? one.name : `${one.name} (${one.about})`));
  const hint = near.length === 0 ? '' : `; did you mean ${alternatives(near)}?`;
  const names = described.map((one) => one.name);
  if (names.length <= MOST_SHOWN) return `${hint || ';'} known: ${names.join(', ')}`;
  if (listedBy !== undefined) return `${hint} (all: ${listedBy})`;
  const more = names.length - MOST_SHOWN;
  return hint || `; known: ${names.slice(0, MOST_SHOWN).join(', ')} and ${more} more`;
}

const undescribed = (name: string): Described => ({ name, about: '' });

const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
const squashed = (text: string): string => wordsOf(text).join('');

/** Every word of what was written is one of the name's, in their order; what the name has besides is the distance. */
function inWords(compare: (word: string, of: string) => number | undefined): Distance {
  return (written, { name }) => {
    const words = wordsOf(written);
    const has = wordsOf(name);
    if (words.join('').length < LEAST_LETTERS) return undefined;
    let errors = 0;
    let from = 0;
    for (const word of words) {
      const at = has.findIndex((of, place) => place >= from && compare(word, of) !== undefined);
      if (at < 0) return undefined;
      errors += compare(word, has[at]) ?? 0;
      from = at + 1;
    }
    return has.length - words.length + errors;
  };
}

/** A word cut short, or with one letter in three wrong. */
function nearWord(word: string, of: string): number | undefined {
  if (of.startsWith(word)) return word === of ? 0 : 1;
  const distance = editDistance(word, of);
  return distance <= Math.floor(word.length / 3) ? distance : undefined;
}

/** At most one letter in three is wrong, or two of a short name. */
function bySlips(written: string, { name }: Described): number | undefined {
  const most = Math.min(written.length - 1, Math.max(2, Math.floor(written.length / 3)));
  // No name is nearer than the lengths differ.
  if (Math.abs(written.length - name.length) > most) return undefined;
  const distance = editDistance(written, name);
  return distance <= most ? distance : undefined;
}

const containing = (part: string, whole: string): number | undefined =>
  part.length >= 2 * LEAST_LETTERS && whole.includes(part) ? whole.length - part.length : undefined;

/** Letters to put in, take out or replace (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j] + 1, current[j - 1] + 1);
    }
    previous = current;
  }
  return previous[b.length];
}
