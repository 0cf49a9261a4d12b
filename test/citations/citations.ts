/**
 * Citations of docs/design.md and docs/facts/, as the sources, the tests and the pages write them, and what they can lead to.
 *
 * - `design §6`, `facts L §2.3`, `M §4.1 and §4.2`, `N26 §B1–B2`: a heading that begins with that number, a row of a table
 *   or a point of a list under it (`L §9.3`, `M §0.8`). A § without a name belongs to the document named before it.
 * - `O14`: an oracle, a row of M §5.2. `C3`: a check, a row of L §8.1. `N2` behind `L`, behind a § of L, and in what speaks of
 *   acceptance: a measurement of L §7.
 */

/** One mark that a text leads to: `L §2.3`, `O14`, `L N2`, `C3`. */
export type Mark = string;

/** A citation and where it stands. */
export interface Citation {
  readonly mark: Mark;
  /** What stands around it, for a message. */
  readonly context: string;
}

/** How far a § without a name may stand behind the citation that it goes on. */
const MOST_BETWEEN = 60;
const SECTION =
  /(?:\b(L|M|N26|[Dd]esign|RFC \d+)\s+)?§§?\s?([A-H]\d*|\d+(?:\.\d+)*)(?:\s?[–-]\s?§?([A-H]\d*|\d+(?:\.\d+)*))?/g;

/** The text with the ends of its lines, and what a comment begins them with, turned into blanks. */
function flat(text: string): string {
  return text.replace(/\s*\n[ \t]*(?:\*(?!\/)|\/\/|#(?!#)|>)?[ \t]*/g, ' ');
}

/** `4.1–3` is written `4.1–4.3` in full. */
function ends(first: string, last: string | undefined): string[] {
  if (last === undefined) return [first];
  const isShort = first.includes('.') && !last.includes('.');
  return [first, isShort ? `${first.slice(0, first.lastIndexOf('.'))}.${last}` : last];
}

/**
 * Every citation in `text`.
 * @param isAcceptance a bare N is a measurement, a bare C a check
 * @param own name of the document that the text is, to which a § without a name belongs
 */
export function citationsIn(text: string, isAcceptance: boolean, own?: string): Citation[] {
  const line = flat(text);
  const found: Citation[] = [];
  const add = (mark: Mark, at: number) => found.push({ mark, context: line.slice(Math.max(0, at - 40), at + 40) });
  let name: string | undefined;
  let end = -Infinity;
  for (const match of line.matchAll(SECTION)) {
    const [all, given, first, last] = match;
    const isNear = match.index - end < MOST_BETWEEN;
    name = given?.toLowerCase() === 'design' ? 'design' : (given ?? (isNear ? name : undefined) ?? own);
    end = match.index + all.length;
    for (const section of ends(first, last)) add(`${name ?? '?'} §${section}`, match.index);
    const [, measurement] = /^ (N\d+[a-z]?)\b/.exec(line.slice(end)) ?? [];
    if (measurement !== undefined) add(`L ${measurement}`, end);
  }
  for (const match of line.matchAll(/(?<![\w-])O(\d{1,2})(?:\s?[–…]\s?O(\d{1,2}))?(?!\w)/g)) {
    for (const number of match.slice(1)) if (number !== undefined) add(`O${number}`, match.index);
  }
  const measurements = isAcceptance ? /(?<![\w-])(N\d+[a-z]?)(?!\w|26)/g : /\bL (N\d+[a-z]?)\b/g;
  for (const match of line.matchAll(measurements)) if (match[1] !== 'N26') add(`L ${match[1]}`, match.index);
  if (isAcceptance) for (const match of line.matchAll(/(?<![\w-])(C\d)(?!\w)/g)) add(match[1], match.index);
  return found;
}

/** Every mark that the document `name` (`design`, `L`, `M`, `N26`) has: its numbered headings, rows and points. */
export function marksOf(name: string, text: string): Set<Mark> {
  const marks = new Set<Mark>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, heading] = /^#{2,4} ([A-H]\d*|\d+(?:\.\d+)*)\.? /.exec(line) ?? [];
    if (heading !== undefined) {
      section = heading;
      marks.add(`${name} §${heading}`);
    }
    const [, row] = /^\| \**([A-Z]?\d+(?:\.\d+)*[a-z]?)\**\b[^|]*\|/.exec(line) ?? [];
    if (row !== undefined)
      marks.add(/^O/.test(row) || /^C/.test(row) ? row : /^\d/.test(row) ? `${name} §${row}` : `${name} ${row}`);
    const [, point] = /^(\d+)\. /.exec(line) ?? [];
    if (point !== undefined) marks.add(`${name} §${section}.${point}`);
    const [, measurement] = /^\*\*(N\d+[a-z]?)\.(?:\*\*)? /.exec(line) ?? [];
    if (measurement !== undefined) marks.add(`${name} ${measurement}`);
  }
  return marks;
}
