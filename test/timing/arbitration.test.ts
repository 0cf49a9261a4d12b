/**
 * Timing tier: does an engine with many queues take their commands in turn, whichever of them are empty meanwhile?
 * The twin asks every queue at every step (facts M §0.8: one serial consumer; design §6: one command list per turn).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandEngine } from '../../src/machine/engine/command-engine.js';
import { Simulator } from '../../src/machine/sim/simulator.js';
import { loadProfile } from '../../src/profiles/load.js';
import { Cost, costTable } from '../../src/strategies/path/costs.js';
import { Opcode } from '../../src/trace/opcodes.js';

const QUEUES = 12;

/** `commands` TLBIs, perhaps an ATC_INV for a device of the queue's own, and a SYNC, published in `queue` at `atNs`. */
interface Publication {
  readonly atNs: number;
  readonly queue: number;
  readonly commands: number;
  readonly hasAtc: boolean;
}

/** What stands for a TLBI's reference where the command is another. */
const ATC = -1;
const SYNC = -2;

const publications = fc
  .array(
    fc.record({
      gapNs: fc.nat(1500),
      queue: fc.nat(QUEUES - 1),
      commands: fc.integer({ min: 1, max: 4 }),
      hasAtc: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((each): Publication[] => {
    let atNs = 0.5; // never at the very instant at which a command ends
    return each.map(({ gapNs, ...one }) => {
      atNs += gapNs;
      return { atNs, ...one };
    });
  });

/** Publication and place of every TLBI, in the order of execution, as the engine has it. */
function executed(given: readonly Publication[], arbitration: string): number[] {
  const profile = loadProfile('neoverse-mmu700', [`smmu.arbitration=${arbitration}`]);
  const simulator = new Simulator();
  const order: number[] = [];
  const note = (ref: number) => void order.push(ref);
  const engine = new CommandEngine(simulator, profile, costTable(profile), QUEUES, { onCommandEffect() {} }, note);
  for (const [index, publication] of given.entries()) {
    const { atNs, queue } = publication;
    const served = engine.queues[queue];
    const list = listOf(publication, index);
    const publish = () => {
      served.reserve(list.length, waiter);
      const set = served.join(list.length, waiter);
      for (const [i, ref] of list.entries()) {
        const opcode = ref === ATC ? Opcode.ATC_INV : ref === SYNC ? Opcode.SYNC : Opcode.TLBI_NH_VA;
        served.ring.fill(set.joinedSequence + i, opcode, -1, ref === ATC ? queue : -1, -1, 0, Math.max(-1, ref));
      }
      served.gather.filled(set);
      expect(served.gather.close(set)).toBe(true);
      served.publish(set);
    };
    const waiter = { actor: simulator.register({ wake: publish }), chargeUntil() {}, syncsOutstanding: 0 };
    simulator.schedule(atNs, waiter.actor);
  }
  simulator.run(Number.POSITIVE_INFINITY);
  expect(engine.queues.every(({ ring }) => ring.isEmpty)).toBe(true);
  return order;
}

/** References of the commands of a publication. */
function listOf({ commands, hasAtc }: Publication, index: number): number[] {
  return [...Array.from({ length: commands }, (_, i) => index * 10 + i), ...(hasAtc ? [ATC] : []), SYNC];
}

/** The same, by asking all queues in turn. */
function expected(given: readonly Publication[], byList: boolean): number[] {
  const profile = loadProfile('neoverse-mmu700');
  const costNs = costTable(profile);
  const atcNs = profile.number('atc.rtt_ns') + profile.number('atc.exec_per_request_ns');
  const executionNs = (ref: number) =>
    ref === SYNC ? 0 : ref === ATC ? costNs[Cost.execAtcIssue] : costNs[Cost.execTlbi];
  const heldUntilNs = new Array<number>(QUEUES).fill(0);
  const atcDoneNs = new Array<number>(QUEUES).fill(0);
  const waiting: number[][] = Array.from({ length: QUEUES }, () => []);
  const order: number[] = [];
  let next = 0;
  let nowNs = 0;
  let turn = 0;
  for (;;) {
    for (; next < given.length && given[next].atNs <= nowNs; next++) {
      waiting[given[next].queue].push(...listOf(given[next], next));
    }
    const inTurn = Array.from({ length: QUEUES }, (_, i) => (turn + i) % QUEUES);
    const queue = inTurn.find((one) => waiting[one].length > 0 && heldUntilNs[one] <= nowNs);
    if (queue === undefined) {
      const held = heldUntilNs.filter((untilNs, one) => waiting[one].length > 0 && untilNs > nowNs);
      if (next === given.length && held.length === 0) return order;
      nowNs = Math.min(...held, given[next]?.atNs ?? Number.POSITIVE_INFINITY);
      continue;
    }
    const ref = waiting[queue].shift() as number;
    if (ref >= 0) order.push(ref);
    nowNs += costNs[Cost.fetch] + executionNs(ref);
    if (ref === ATC) atcDoneNs[queue] = nowNs + atcNs;
    if (ref === SYNC) heldUntilNs[queue] = Math.max(nowNs, atcDoneNs[queue]);
    turn = byList && ref !== SYNC ? queue : (queue + 1) % QUEUES;
  }
}

describe('queues in turn', () => {
  it.each(['list', 'command'])(
    'arbitration by %s: the order is that of a twin that asks every queue',
    (arbitration) => {
      fc.assert(
        fc.property(publications, (given) => {
          expect(executed(given, arbitration)).toEqual(expected(given, arbitration === 'list'));
        }),
        { numRuns: 200 },
      );
    },
  );
});
