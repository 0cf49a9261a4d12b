/**
 * Foreign text made visible: names, lines of traces and documents of others may hold what moves a terminal's cursor, ends a
 * line, reorders what is read or hides in it. Wherever people read such text it is escaped, in one spelling: `\n`, `\x1b`,
 * `\u202e`, `\u{e0041}`. A text that has passed once is left as it is.
 */

/**
 * What is never shown as it is: C0, DEL and C1 controls; soft hyphen, joiners and fillers without width; the marks and
 * overrides of writing direction; line and paragraph separators; annotations, variation selectors, tags; what is no
 * character, lone surrogates among it. Written out, because the properties of characters differ between versions of Node.
 */
const INVISIBLE =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f' +
  '\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb' +
  '\\ufffe\\uffff\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';

// With the flag u a pair of surrogates is one character: only lone ones are in the class.
const ANY = new RegExp(`[${INVISIBLE}]`, 'u');
const EACH = new RegExp(`[${INVISIBLE}]`, 'gu');
/** In the text of a JSON document, where a line feed only ever stands between tokens. */
const EACH_IN_JSON = new RegExp(`(?!\\n)[${INVISIBLE}]`, 'gu');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` on one line, with every character in sight. */
export function visible(text: string): string {
  return ANY.test(text) ? text.replace(EACH, escaped) : text;
}

/** The same JSON, with invisible characters in JSON's own spelling: who parses it gets the same document. */
export function visibleJson(json: string): string {
  return ANY.test(json) ? json.replace(EACH_IN_JSON, (character) => units(character)) : json;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return SHORT[character] ?? `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

/** `\uXXXX` for each of the one or two units of a character. */
function units(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join('');
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
