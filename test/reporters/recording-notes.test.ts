/**
 * Does a report say in words what was translated and how joined recordings agree?
 */
import { describe, expect, it } from 'vitest';
import { joinNotes, translationNotes } from '../../src/reporters/table/recording-notes.js';
import type { JoinReport } from '../../src/results/document.js';

const CONTEXT = { width: 100, colour: false, unicode: false, baseline: undefined };
const JOIN = {
  file: 'run.log',
  commands_from: 'run.txt',
  translations_from: 'run.log',
  commands: { matched: 6842, only_in_commands_from: 2, only_before: 70, only_within: 3, only_after: 4 },
  submissions: { matched: 3439, unmatched: 1, out_of_order: 5 },
  clock: { offset_ns: 5_021_637_344, drift_ppm: -0.25, spread_ns: 77_102 },
} as JoinReport;

describe('notes', () => {
  it('of translated commands name the architecture and what its order means', () => {
    expect(translationNotes({ format: 'qemu-vtd-log', translated_from: 'VT-d', translated_commands: 1234 })).toEqual([
      '1,234 commands are translated from VT-d descriptors and stand in the order of VT-d: a Linux SMMUv3 driver would put ' +
        'a CMD_SYNC between the TLBIs and the ATC_INVs',
    ]);
    expect(translationNotes({ format: 'qemu-vtd-log', translated_from: '', translated_commands: 0 })).toEqual([]);
    expect(translationNotes({ format: 'csv' })).toEqual([]);
  });

  it('of joined recordings give the counts of each side and the clocks', () => {
    expect(joinNotes(JOIN, CONTEXT)).toEqual([
      'joined run.txt (commands) with run.log (translations): 6,842 commands in both, 5 submissions in another order; 2 only ' +
        'in the first (left out), 3 only in the second; 74 of the second before or after the common part; clocks 5.02 s apart, ' +
        'drift -0.25 ppm, within 77.1 us',
    ]);
    expect(joinNotes({ ...JOIN, clock: null }, CONTEXT)[0]).toMatch(/one of them has no clock$/);
    expect(joinNotes(undefined, CONTEXT)).toEqual([]);
  });
});
