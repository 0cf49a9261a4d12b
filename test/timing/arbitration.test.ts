/**
 * Timing tier: does an engine with many queues take their commands in turn, whichever of them are empty meanwhile?
 * The twin asks every queue at every step (facts M §0.8: one serial consumer; design §6: one command list per turn).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandEngine } from '../../src/engine/command-engine.js';
import { Cost, costTable } from '../../src/path/costs.js';
import { loadProfile } from '../../src/profiles/load.js';
import { Simulator } from '../../src/sim/simulator.js';
import { Opcode } from '../../src/trace/opcodes.js';

const QUEUES = 12;

/** `commands` TLBIs and a SYNC, published in `queue` at `atNs`. */
interface Publication {
  readonly atNs: number;
  readonly queue: number;
  readonly commands: number;
}

const publications = fc
  .array(fc.record({ gapNs: fc.nat(1500), queue: fc.nat(QUEUES - 1), commands: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((each): Publication[] => {
    let atNs = 0.5; // never at the very instant at which a command ends
    return each.map(({ gapNs, queue, commands }) => {
      atNs += gapNs;
      return { atNs, queue, commands };
    });
  });

/** Publication and place of every TLBI, in the order of execution, as the engine has it. */
function executed(given: readonly Publication[], arbitration: string): number[] {
  const profile = loadProfile('neoverse-mmu700', [`smmu.arbitration=${arbitration}`]);
  const simulator = new Simulator();
  const order: number[] = [];
  const note = (ref: number) => void order.push(ref);
  const engine = new CommandEngine(simulator, profile, costTable(profile), QUEUES, { onCommandEffect() {} }, note);
  for (const [index, { atNs, queue, commands }] of given.entries()) {
    const served = engine.queues[queue];
    const publish = () => {
      served.reserve(commands + 1, waiter);
      const set = served.join(commands + 1, waiter);
      for (let i = 0; i < commands; i++) {
        served.ring.fill(set.joinedSequence + i, Opcode.TLBI_NH_VA, -1, -1, -1, 0, index * 10 + i);
      }
      served.ring.fill(set.joinedSequence + commands, Opcode.SYNC, -1, -1, -1, 0, -1);
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

/** The same, by asking all queues in turn. */
function expected(given: readonly Publication[], byList: boolean): number[] {
  const costNs = costTable(loadProfile('neoverse-mmu700'));
  const waiting: number[][] = Array.from({ length: QUEUES }, () => []);
  const order: number[] = [];
  let next = 0;
  let nowNs = 0;
  let turn = 0;
  for (;;) {
    for (; next < given.length && given[next].atNs <= nowNs; next++) {
      const { queue, commands } = given[next];
      for (let i = 0; i < commands; i++) waiting[queue].push(next * 10 + i);
      waiting[queue].push(-1);
    }
    const inTurn = Array.from({ length: QUEUES }, (_, i) => (turn + i) % QUEUES);
    const queue = inTurn.find((one) => waiting[one].length > 0);
    if (queue === undefined) {
      if (next === given.length) return order;
      nowNs = given[next].atNs;
      continue;
    }
    const ref = waiting[queue].shift() as number;
    if (ref >= 0) order.push(ref);
    nowNs += costNs[Cost.fetch] + (ref >= 0 ? costNs[Cost.execTlbi] : 0);
    turn = byList && ref >= 0 ? queue : (queue + 1) % QUEUES;
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
