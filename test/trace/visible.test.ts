/** Is text that comes from others on one line, with nothing in it that moves, hides or reorders, and JSON still the same? */
import { describe, expect, it } from 'vitest';
import { visible, visibleJson } from '../../src/trace/visible.js';

const CASES: readonly (readonly [name: string, text: string, shown: string])[] = [
  ['controls', 'a\u0000\u001b[2J\u007f', 'a\\x00\\x1b[2J\\x7f'],
  ['line ends and tabs', 'a\nb\r\tc\u2028\u2029', 'a\\nb\\r\\tc\\u2028\\u2029'],
  ['C1, which begins a sequence in one character', '\u0085\u009b31m', '\\x85\\x9b31m'],
  [
    'overrides of direction',
    '\u202egpj.\u202c \u2066x\u2069\u200f\u061c',
    '\\u202egpj.\\u202c \\u2066x\\u2069\\u200f\\u061c',
  ],
  ['no width', 'a\u200bb\u200d\u2060\ufeff\u00adc\ufe0f', 'a\\u200bb\\u200d\\u2060\\ufeff\\xadc\\ufe0f'],
  ['tags beyond the first plane', 'a\u{e0041}', 'a\\u{e0041}'],
  ['halves of characters', 'a\ud83dz\ude00', 'a\\ud83dz\\ude00'],
  ['what is no character', '\ufffe\uffff', '\\ufffe\\uffff'],
];

describe('visible', () => {
  it.each(CASES)('%s', (_name, text, shown) => {
    expect(visible(text)).toBe(shown);
    // Several borders may lie one behind the other.
    expect(visible(shown)).toBe(shown);
  });

  it('leaves alone what people write', () => {
    const text = 'größe-日本語-😀-e\u0301-µs…“x” C:\\new <b>|`';
    expect(visible(text)).toBe(text);
  });
});

describe('visibleJson', () => {
  it.each(CASES)('%s', (_name, text, shown) => {
    const document = { [text]: [text], plain: 'ü' };
    const json = visibleJson(JSON.stringify(document, null, 2));
    expect(JSON.parse(json)).toEqual(document);
    expect(visible(json.replaceAll('\n', ''))).toBe(json.replaceAll('\n', ''));
    expect(json).not.toContain(shown === text ? '\\u' : text);
  });
});
