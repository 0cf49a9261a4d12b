/** Reporters: is each caveat said once, of the rows that it is about? */
import { expect, it } from 'vitest';
import { caveatNotes, flushNote } from '../../src/reporters/caveats.js';
import { caveatsOf } from '../../src/results/caveats.js';
import type { Caveat, ResultDocument, StrategyResult } from '../../src/results/document.js';
import { COMPARISON, strategyResult } from './documents.js';

const counts = {
  operations: 10,
  inSeveralWrites: 0,
  writesOfThese: 0,
  unfinished: 0,
  withoutWork: 0,
  commands: 40,
  swallowed: 0,
  hasRecordedVmids: false,
  ownShare: 0,
  errors: [],
};
const caveat = (text: string): Caveat[] => [{ about: 'unfinished', text }];
const row = (name: string, caveats: readonly Caveat[], extra: Partial<StrategyResult> = {}) => {
  const [strategy, atc] = name.split(' ');
  return strategyResult(strategy, atc, 1, 1, { caveats, ...extra });
};
const document = (...results: StrategyResult[]): ResultDocument => ({ ...COMPARISON, results });

it('a result without any has none', () => {
  expect(caveatsOf(counts)).toEqual([]);
  expect(caveatNotes(COMPARISON)).toEqual([]);
});

it('errors of the trace are named by kind; those that the guest is told stop the queue', () => {
  const errors = [
    { kind: 'illegal-opcode', occurrences: 3, foundBy: 'vmm', guestLearns: 'synchronous' },
    { kind: 'no-vdevice', occurrences: 4, foundBy: 'vmm', guestLearns: 'never' },
  ];
  expect(caveatsOf({ ...counts, errors })).toEqual([
    {
      about: 'errors-in-trace',
      text: '3 commands of the trace with an opcode that does not exist there (found by vmm): each stops the queue until the guest has handled it, which is in the times',
    },
    {
      about: 'passed-over',
      text: '4 commands of the trace for streams without a vDEVICE (found by vmm): the guest is never told',
    },
  ]);
});

it('counts are those of the operations meant', () => {
  const all = caveatsOf({
    ...counts,
    inSeveralWrites: 2,
    writesOfThese: 7,
    unfinished: 1,
    withoutWork: 5,
    swallowed: 3,
  });
  expect(all.map(({ about, text }) => `${about}: ${text.slice(0, 40)}`)).toEqual([
    'several-prod-writes: 2 of 10 operations take several PROD wri',
    'unfinished: 1 operation that no CMD_SYNC of the trac',
    'without-work: 5 of 15 operations give this path nothin',
    'swallowed-commands: 3 of 40 guest commands are dropped witho',
  ]);
});

it('names the rows by the shorter list, with the targeting where a strategy is not meant as a whole', () => {
  const [a, none] = [caveat('a'), [] as const];
  expect(caveatNotes(document(row('ioctl vsid', a), row('native vsid', a)))).toEqual(['a']);
  expect(caveatNotes(document(row('x vsid', a), row('y vsid', none), row('z vsid', none)))).toEqual(['x: a']);
  expect(caveatNotes(document(row('x vsid', none), row('y vsid', a), row('z vsid', a)))).toEqual(['all but x: a']);
  const crossed = [row('x vsid', none), row('x implicit', a), row('y vsid', none), row('y implicit', none)];
  expect(caveatNotes(document(...crossed))).toEqual(['x (atc implicit): a']);
  const traces = [row('x vsid', a, { trace: 'a.csv' }), row('x vsid', caveat('b'), { trace: 'b.csv' })];
  expect(caveatNotes(document(...traces))).toEqual(['a.csv: a', 'b.csv: b']);
});

it('says that a flush counts as one unmap only where unmaps are not recorded', () => {
  const perUnmap = { unmaps: 1, counted_from: 'unmap-events', ns: 1, host_commands: 1, exits: 1 } as const;
  expect(flushNote(document(row('x vsid', [], { per_unmap: perUnmap })))).toEqual([]);
  expect(flushNote(COMPARISON)[0]).toContain('a lazy guest’s flush too');
});
