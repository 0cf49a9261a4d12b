/**
 * Strategies tier: does the key table forget what it remembers of its last answers as soon as they are no longer true?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContextTable } from '../../src/smmu/cache/context-table.js';
import { highSizeOf, KeyTable } from '../../src/smmu/cache/key-table.js';
import { Scope } from '../../src/smmu/scope.js';
import { encodeCommand } from '../../src/trace/command.js';
import { Opcode } from '../../src/trace/opcodes.js';

/** Few, so that the same one is asked for again. */
const SLOTS = 2;
const ASIDS = 2;

type Act =
  | { readonly act: 'insert' | 'unlist' | 'list' | 'forget'; readonly slot: number }
  | { readonly act: 'find'; readonly slot: number }
  | { readonly act: 'collect'; readonly asid: number };

const acts = fc.array(
  fc.oneof(
    fc.record({ act: fc.constantFrom('insert', 'unlist', 'list', 'forget', 'find'), slot: fc.nat(SLOTS - 1) }),
    fc.record({ act: fc.constant('collect'), asid: fc.nat(ASIDS - 1) }),
  ),
  { minLength: 40, maxLength: 160 },
) as fc.Arbitrary<Act[]>;

/** Slot s holds page s of ASID s mod 2. */
const asidOf = (slot: number) => slot % ASIDS;

describe('answers that are remembered', () => {
  it('findAgain and a repeated collect say what a search says', () => {
    fc.assert(
      fc.property(acts, (steps) => {
        const contexts = new ContextTable();
        const table = new KeyTable(SLOTS, contexts);
        const contextOf = Array.from({ length: ASIDS }, (_, asid) => contexts.intern(0, asid));
        const indexed = new Set<number>();
        const listed = new Set<number>();
        const scope = new Scope();
        for (const step of steps) {
          if (step.act === 'collect') {
            const [c0Low, c0High, c1Low, c1High] = encodeCommand(Opcode.TLBI_NH_ASID, { ASID: step.asid });
            scope.decode(c0Low, c0High, c1Low, c1High, -1);
            const count = table.collect(scope);
            const expected = [...listed].filter((slot) => asidOf(slot) === step.asid).sort((a, b) => a - b);
            expect([...table.covered.slice(0, count)].sort((a, b) => a - b)).toEqual(expected);
            continue;
          }
          const { act, slot } = step;
          if (act === 'insert' && !indexed.has(slot)) {
            table.insert(slot, slot, highSizeOf(0, 12), contextOf[asidOf(slot)]);
            indexed.add(slot);
            listed.add(slot);
          } else if (act === 'unlist' && listed.delete(slot)) table.unlist(slot);
          else if (act === 'list' && indexed.has(slot) && !listed.has(slot)) {
            table.list(slot);
            listed.add(slot);
          } else if (act === 'forget' && !listed.has(slot) && indexed.delete(slot)) table.forget(slot);
          else if (act === 'find') {
            const found = table.findAgain(slot, highSizeOf(0, 12), contextOf[asidOf(slot)]);
            expect(found).toBe(indexed.has(slot) ? slot : -1);
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});
