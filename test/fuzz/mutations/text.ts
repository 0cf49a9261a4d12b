/** What happens to the text of recordings: torn, pasted, glued together, sent by mail, edited by hand or by a script. */
import { gzipSync } from 'node:zlib';
import type { RandomInteger } from '../../analysis/oracle/random.js';

/** Numbers at the edges of what readers hold them in. */
const NUMBERS = [
  '0',
  '1',
  '-1',
  '4095',
  '65536',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551615',
  '18446744073709551616',
  '0xffffffffffffffff',
  '0xfffffffffffff000',
  '0x10000000000000000',
  '1e308',
  '0.5',
  '9'.repeat(40),
];
const PREFIXES = [
  '> ',
  '    ',
  '\t',
  '[  12.345678] ',
  'Nov 30 12:00:00 host1 qemu-system-aarch64[4242]: ',
  '2024-05-01 10:11:12.345+0000: ',
  '2025-07-24T14:12:01.000001Z ',
  '4242@1700000000.000005:',
];
const SEPARATORS = [',', ';', '\t', ' ', '=', ':'];
const LONG = 20_000;

/** One change of `lines`; `others` are the lines of another recording, of whatever format. */
type Change = (lines: string[], others: readonly string[], below: RandomInteger) => void;

/** A line that is there, an empty one where there is none. */
const at = (lines: readonly string[], index: number): string => lines[index] ?? '';

const CHANGES: readonly Change[] = [
  function remove(lines, _others, below) {
    lines.splice(below(lines.length), 1 + below(8));
  },
  function repeat(lines, _others, below) {
    const from = below(lines.length);
    lines.splice(below(lines.length), 0, ...lines.slice(from, from + 1 + below(12)));
  },
  function move(lines, _others, below) {
    const moved = lines.splice(below(lines.length), 1 + below(4));
    lines.splice(below(lines.length + 1), 0, ...moved);
  },
  function splice(lines, others, below) {
    const from = below(others.length);
    lines.splice(below(lines.length), below(3), ...others.slice(from, from + 1 + below(6)));
  },
  function follow(lines, others, below) {
    const from = below(others.length);
    lines.splice(1 + below(lines.length), lines.length, ...others.slice(from));
  },
  function precede(lines, others, below) {
    lines.unshift(...others.slice(0, 1 + below(10)));
  },
  function glue(lines, _others, below) {
    const line = below(lines.length);
    lines.splice(line, 2, at(lines, line) + at(lines, line + 1));
  },
  function tear(lines, others, below) {
    const line = below(lines.length);
    const cut = at(lines, line).slice(0, below(at(lines, line).length + 1));
    lines[line] = cut + at(others, below(others.length)).slice(below(40));
  },
  function number(lines, _others, below) {
    replaceOne(lines, below, /(?:0x)?[0-9a-f]*\d[0-9a-f]*/gi, () => NUMBERS[below(NUMBERS.length)]);
  },
  function step(lines, _others, below) {
    replaceOne(lines, below, /\d+/g, (found) =>
      String(BigInt(found) + BigInt(below(5) - 2) * 10n ** BigInt(below(12))),
    );
  },
  function word(lines, others, below) {
    const words = at(below(2) === 0 ? lines : others, below(lines.length)).match(/[\w-]+/g) ?? [''];
    replaceOne(lines, below, /[\w-]+/g, () => words[below(words.length)]);
  },
  function separator(lines, _others, below) {
    const [from, to] = [SEPARATORS[below(SEPARATORS.length)], SEPARATORS[below(SEPARATORS.length)]];
    const [first, last] = below(2) === 0 ? [0, lines.length] : [below(lines.length), below(lines.length)];
    for (let line = first; line < last; line++) lines[line] = lines[line].replaceAll(from, to);
  },
  function prefix(lines, _others, below) {
    const text = PREFIXES[below(PREFIXES.length)];
    const first = below(2) === 0 ? 0 : below(lines.length);
    for (let line = first; line < lines.length; line++) lines[line] = text + lines[line];
  },
  function quote(lines, _others, below) {
    const line = below(lines.length);
    const position = below(at(lines, line).length + 1);
    lines[line] = `${at(lines, line).slice(0, position)}"${at(lines, line).slice(position)}`;
  },
  function lengthen(lines, _others, below) {
    const line = below(lines.length);
    const text = at(lines, line) || 'x';
    lines[line] = text.repeat(Math.ceil(LONG / text.length));
  },
  function loosen(lines, _others, below) {
    for (let count = 1 + below(6); count > 0; count--)
      lines.splice(below(lines.length + 1), 0, below(2) === 0 ? '' : '\u0000');
  },
];

/** Put something else in place of one of the places in one line that `pattern` finds. */
function replaceOne(lines: string[], below: RandomInteger, pattern: RegExp, by: (found: string) => string): void {
  const line = below(lines.length);
  const places = [...at(lines, line).matchAll(pattern)];
  if (places.length === 0) return;
  const { 0: found, index } = places[below(places.length)];
  lines[line] = lines[line].slice(0, index) + by(found) + lines[line].slice(index + found.length);
}

/** How a whole text is written. */
type Encoding = (text: string) => Buffer;

const ENCODINGS: readonly Encoding[] = [
  (text) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'),
  (text) => Buffer.from(text.replaceAll('\n', '\r'), 'latin1'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}\n`.slice(0, -1), 'utf16le').swap16(),
  (text) => Buffer.from(`\ufeff${text}`, 'utf8'),
  (text) => Buffer.from(text.replaceAll('a', 'ä').replaceAll('=', '\u202e='), 'utf8'),
  (text) => Buffer.from(text + '\u0000'.repeat(4096), 'latin1'),
  (text) => gzipSync(Buffer.from(text, 'latin1')),
];
/** One text in so many is written in another way. */
const ENCODED = 8;

/** A changed copy of the text `bytes`; `other` is another recording. */
export function changedText(bytes: Buffer, other: Buffer, below: RandomInteger): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const others = other.toString('latin1').split('\n');
  for (let changes = 1 + below(4); changes > 0; changes--) {
    CHANGES[below(CHANGES.length)](lines, others, below);
    if (lines.length === 0) lines.push('');
  }
  const text = lines.join('\n');
  return below(ENCODED) === 0 ? ENCODINGS[below(ENCODINGS.length)](text) : Buffer.from(text, 'latin1');
}
