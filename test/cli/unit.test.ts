/** Command line, parts: does each decision that needs no process give the right answer? */

import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../src/cli/failure.js';
import { nextCommand } from '../../src/cli/next-command.js';
import { timeLeft } from '../../src/cli/progress.js';
import { splitList } from '../../src/cli/run-options.js';
import { contextFor } from '../../src/cli/terminal.js';
import { resolveBaseline } from '../../src/library/baseline.js';
import { requireDistinctNames } from '../../src/library/library.js';
import { TraceFormatError, UsageError } from '../../src/trace/errors.js';

describe('describeFailure', () => {
  it('takes exit code and sentence of an error that the user caused', () => {
    expect(describeFailure(new UsageError('no'))).toEqual({ exitCode: 2, sentence: 'no' });
    expect(describeFailure(new TraceFormatError('a.csv', 3, 'x', 'y'))).toEqual({
      exitCode: 4,
      sentence: 'a.csv:3: expected x, found y',
    });
  });

  it('is silent about a closed pipe', () => {
    expect(describeFailure(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toEqual({
      exitCode: 0,
      sentence: '',
    });
  });

  it('makes one sentence of anything unexpected', () => {
    const { exitCode, sentence } = describeFailure(new TypeError('x is\nnot a function'));
    expect(exitCode).toBe(1);
    expect(sentence).toMatch(/^unexpected error: x is not a function \(please report [^\n]+\)$/);
    expect(describeFailure('text').sentence).toContain('unexpected error: text');
  });

  it('suggests the nearest flag', () => {
    const error = Object.assign(new Error('Nonexistent flag: --sed\nSee more help with --help'), {
      oclif: { exit: 2 },
      flags: ['--sed'],
    });
    expect(describeFailure(error, ['--seed', '--set'])).toEqual({
      exitCode: 2,
      sentence: 'unknown flag --sed; did you mean --seed? (--help tells more)',
    });
  });
});

describe('contextFor', () => {
  const terminal = { isTTY: true, columns: 120 };

  it('gives a terminal its width, colour and, in a UTF-8 locale, more than ASCII', () => {
    expect(contextFor(terminal, { LANG: 'en_GB.UTF-8' })).toEqual({ width: 120, colour: true, unicode: true });
    expect(contextFor(terminal, { LANG: 'C' }).unicode).toBe(false);
    expect(contextFor(terminal, { LC_ALL: 'C', LANG: 'en_GB.UTF-8' }).unicode).toBe(false);
  });

  it('never colours a pipe, a dumb terminal or under NO_COLOR', () => {
    expect(contextFor({}, { FORCE_COLOR: '1', LANG: 'C.UTF-8' })).toEqual({
      width: 100,
      colour: false,
      unicode: false,
      isUnbounded: true,
    });
    expect(contextFor(terminal, { NO_COLOR: '1' }).colour).toBe(false);
    expect(contextFor(terminal, { NO_COLOR: '' }).colour).toBe(true);
    expect(contextFor(terminal, { TERM: 'dumb' }).colour).toBe(false);
  });

  it('takes the width of a pipe from COLUMNS, within reason', () => {
    expect(contextFor({}, { COLUMNS: '200' }).width).toBe(200);
    expect(contextFor({}, { COLUMNS: '10' }).width).toBe(60);
    expect(contextFor({}, { COLUMNS: 'wide' }).width).toBe(100);
    expect(contextFor({ isTTY: true, columns: 0 }, {}).width).toBe(100);
  });
});

describe('resolveBaseline', () => {
  it('finds a strategy however its options are written', () => {
    const strategies = ['ioctl', 'sw-vcmdq:cons=trapped:worker=poll'];
    expect(resolveBaseline('sw-vcmdq:worker=poll:cons=trapped', strategies, [])).toEqual({
      strategy: 'sw-vcmdq:cons=trapped:worker=poll',
      atc: 'vsid',
    });
    expect(() => resolveBaseline('sw-vcmdq', strategies, [])).toThrow(UsageError);
  });

  it('is one strategy', () => {
    expect(() => resolveBaseline('ioctl,native', ['all'], [])).toThrow(/--baseline/);
    expect(() => resolveBaseline('all', ['all'], [])).toThrow(/--baseline/);
  });
});

describe('lists and names', () => {
  it('splits at commas and keeps what is empty for the error message', () => {
    expect(splitList('a, b,,c')).toEqual(['a', 'b', '', 'c']);
    expect(splitList(undefined)).toEqual([]);
  });

  it('refuses two traces of one name', () => {
    expect(() => requireDistinctNames(['a/x.csv', 'b/x.csv'])).toThrow(/x\.csv twice/);
    expect(() => requireDistinctNames(['a/x.csv', 'b/y.csv', '-'])).not.toThrow();
    expect(() => requireDistinctNames(['-', '-'])).toThrow(/- twice/);
  });
});

describe('the command that goes on', () => {
  it('reads the trace as it was read, quoted for a shell', () => {
    expect(nextCommand('compare', 'a.log', {})).toBe('smmuscope compare a.log');
    const flags = { format: 'csv', 'csv-map': ['iova=addr', 'time_ns=ts'], lenient: true, limit: 5 };
    expect(nextCommand('compare', "my trace's.csv", flags)).toBe(
      "smmuscope compare 'my trace'\\''s.csv' --format csv --csv-map iova=addr --csv-map time_ns=ts --lenient --limit 5",
    );
  });

  it('is none for standard input', () => {
    expect(nextCommand('compare', '-', {})).toBeUndefined();
  });
});

describe('the time that is left', () => {
  it('is what the share that is done promises', () => {
    expect(timeLeft(3000, 0.25)).toBe(', 9 s left');
  });

  it('is not said before there is an estimate, nor when it is none', () => {
    for (const [elapsedMs, share] of [
      [0, 0],
      [500, 0.01],
      [10_000, 0],
      [10_000, 0.99],
      [10_000, 1],
    ]) {
      expect(timeLeft(elapsedMs, share)).toBe('');
    }
  });
});
