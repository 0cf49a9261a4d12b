/** Trace tier: are times on the command line exact integers of ns, or refused? */
import { describe, expect, it } from 'vitest';
import { parseDurationNs } from '../../src/trace/duration.js';

describe('parseDurationNs', () => {
  it.each([
    ['0', 0],
    ['2500000', 2_500_000],
    ['17ns', 17],
    ['5us', 5000],
    ['5ms', 5_000_000],
    ['1.5s', 1_500_000_000],
    ['0.000000001s', 1],
    ['1.0ns', 1],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('%s is %i ns', (text, ns) => {
    expect(parseDurationNs(text, '--migrate-at')).toBe(ns);
  });

  it.each([
    ['', '""'],
    ['-5ms', '"-5ms"'],
    ['5 ms', '"5 ms"'],
    ['5MS', '"5MS"'],
    ['.5s', '".5s"'],
    ['5.s', '"5.s"'],
    ['1e3', '"1e3"'],
    ['5m', '"5m"'],
    ['0.5ns', '0.5ns, a fraction of a nanosecond'],
    ['1.0000000001s', '1.0000000001s, a fraction of a nanosecond'],
    ['9007199254740992', '9007199254740992, more than 2^53 - 1 ns'],
  ])('%j is refused', (text, found) => {
    const expected = `--migrate-at: expected a time such as 5ms, 1.5s or 2500000 (ns), found ${found}`;
    expect(() => parseDurationNs(text, '--migrate-at')).toThrow(expected);
  });
});
