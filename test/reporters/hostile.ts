/** Documents as an enemy would write them: every text that may come from outside holds what could break a report. */
import type { ReportDocument } from '../../src/reporters/reporter.js';

/** Begins a text: a formula, for a spreadsheet. */
export const FORMULA = "=HYPERLINK(0)&'";
/** Ends a text: controls, C1, line ends, overrides of direction, no width, half a character; markup of every format. */
export const HOSTILE =
  '\u0000\u0007\u001b[31m\n\r\t\u007f\u009b2J\u2028\u202egpj\u2066\u200b\u{e0041}\ud800' +
  '|`*_[a](http://x)<img src=x onerror=alert(1)></script>&amp;"\',;:=%0A::error::x ```';
/** As long, and harmless: a report of the one must be in form like a report of the other. */
export const HARMLESS = 'harmless';

/** Characters that may not be in a report but for the line feeds of its own lines. */
export const NEVER_RAW =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]|\u{e0041}/u;

/** Texts that decide about the form of a report, and numbers in words: an enemy may choose them, but only among known ones. */
const FORMAL = new Set(
  'schema verdict severity operator unit tag counted_from status over method percentiles part time_base'.split(' '),
);
/** Mappings whose keys are names from a trace, a topology, a profile or a study. */
const BY_NAME = /^(by_.*|.*_by_(opcode|cause)|breakdown_ns|breakdown_total_ns|cpu_ns|reserved|events|incidents|set)$/;

/** `document` with `before` and `after` around every text from outside, names of keys included. */
export function around(document: ReportDocument, before: string, after: string): ReportDocument {
  const walk = (node: unknown, key: string): unknown => {
    if (typeof node === 'string') return FORMAL.has(key) ? node : `${before}${node}${after}`;
    if (Array.isArray(node)) return node.map((one) => walk(one, key));
    if (node === null || typeof node !== 'object') return node;
    const isNamed = BY_NAME.test(key);
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [isNamed ? `${before}${name}${after}` : name, walk(value, name)]),
    );
  };
  return walk(document, '') as ReportDocument;
}
