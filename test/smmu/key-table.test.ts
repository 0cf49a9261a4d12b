/**
 * Strategies tier: does the key table forget what it remembers of its last answer as soon as that is no longer true?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContextTable } from '../../src/smmu/cache/context-table.js';
import { highSizeOf, KeyTable } from '../../src/smmu/cache/key-table.js';

/** Few, so that the same one is asked for again. */
const SLOTS = 2;

const acts = fc.array(fc.record({ act: fc.constantFrom('insert', 'remove', 'find'), slot: fc.nat(SLOTS - 1) }), {
  minLength: 20,
  maxLength: 80,
});

describe('the answer that is remembered', () => {
  it('findAgain says what a search says', () => {
    fc.assert(
      fc.property(acts, (steps) => {
        const contexts = new ContextTable();
        const table = new KeyTable(SLOTS, contexts);
        const context = contexts.intern(0, 0);
        const held = new Set<number>();
        for (const { act, slot } of steps) {
          // Slot s holds page s.
          if (act === 'find') {
            expect(table.findAgain(slot, highSizeOf(0, 12), context)).toBe(held.has(slot) ? slot : -1);
          } else if (act === 'insert' && !held.has(slot)) {
            table.insert(slot, slot, highSizeOf(0, 12), context);
            held.add(slot);
          } else if (act === 'remove' && held.delete(slot)) table.remove(slot);
        }
      }),
      { numRuns: 500 },
    );
  });
});
