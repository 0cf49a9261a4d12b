/** Question: does the one-pass curve equal direct simulation at every size, on whole event streams (O15, O16, O17)? */
import { describe, expect, test } from 'vitest';
import { MissRatioCurve } from '../../../src/analysis/mrc/miss-ratio-curve.js';
import { type CommandFields, encodeCommand } from '../../../src/trace/command.js';
import { EventBatch, EventFlag, EventKind, Outcome } from '../../../src/trace/events.js';
import { Opcode } from '../../../src/trace/opcodes.js';
import { type RandomInteger, seededRandom } from '../oracle/random.js';
import { DirectLru } from './direct-lru.js';

const SIZES = [1, 2, 4, 7, 16, 33, 64, 200];

function dma(batch: EventBatch, page: number, asid = 1, sizeLog2 = 12, outcome: number = Outcome.Unknown): number {
  const row = batch.append(EventKind.Dma, batch.count, batch.count + 1);
  batch.sid[row] = 8;
  batch.asid[row] = asid;
  batch.iovaPage[row] = page;
  batch.pageSizeLog2[row] = sizeLog2;
  batch.outcome[row] = outcome;
  return row;
}

function command(batch: EventBatch, opcode: number, fields: CommandFields = {}, queue = 0): void {
  const row = batch.appendCommand(batch.count, batch.count + 1, ...encodeCommand(opcode, fields));
  batch.queue[row] = queue;
}

function doorbell(batch: EventBatch, queue = 0): void {
  batch.queue[batch.append(EventKind.Doorbell, batch.count, batch.count + 1)] = queue;
}

function pick<T>(random: RandomInteger, values: readonly T[]): T {
  return values[random(values.length)];
}

/** A page of one of a few places: low, around block borders, above 4 GiB pages. */
function randomPage(random: RandomInteger): number {
  const base = pick(random, [0, 0, 500, 512 * 512, 2 ** 33]);
  return base + random(pick(random, [8, 40, 1200]));
}

function randomCommand(random: RandomInteger, batch: EventBatch): void {
  const VMID = random(3);
  const ASID = 1 + random(3);
  const granule = pick(random, [{ TG: 0 }, { TG: 1 }, { TG: 1 }, { TG: 2 }, { TG: 3 }]);
  const range = { ...granule, NUM: random(4) * random(8), SCALE: random(3) * random(4), TTL: random(4), VMID };
  const queue = random(2);
  switch (random(12)) {
    case 0:
      command(batch, Opcode.TLBI_NH_ASID, { ASID, VMID }, queue);
      break;
    case 1:
      command(batch, Opcode.TLBI_NH_VAA, { ...range, ADDR: randomPage(random) }, queue);
      break;
    case 2:
      command(batch, Opcode.TLBI_S2_IPA, { ...range, ADDR: randomPage(random) }, queue);
      break;
    case 3:
      if (random(6) === 0) command(batch, pick(random, [Opcode.TLBI_NH_ALL, Opcode.TLBI_S12_VMALL]), { VMID }, queue);
      break;
    case 4:
      if (random(20) === 0) command(batch, Opcode.TLBI_NSNH_ALL, {}, queue);
      else command(batch, pick(random, [Opcode.SYNC, Opcode.CFGI_STE, Opcode.TLBI_EL2_ALL]), {}, queue);
      break;
    default:
      command(batch, Opcode.TLBI_NH_VA, { ...range, ASID, ADDR: randomPage(random) }, queue);
  }
}

function randomTrace(seed: number, length: number): EventBatch {
  const random = seededRandom(seed);
  const batch = new EventBatch(length + 2);
  const commandShare = 3 + random(20);
  while (batch.count < length) {
    const kind = random(2 * commandShare);
    if (kind < 2) randomCommand(random, batch);
    else if (kind < 4) doorbell(batch, random(2));
    else {
      const sizeLog2 = pick(random, [12, 12, 12, 0, 0, 14, 16, 21, 30]);
      const row = dma(batch, randomPage(random), pick(random, [1, 1, 2, 3, -1]), sizeLog2, random(5));
      batch.vmid[row] = pick(random, [0, 0, 1, -1]);
      batch.granuleLog2[row] = pick(random, [0, 12, 16]);
      if (random(4) === 0) batch.flags[row] |= EventFlag.Stage2;
    }
  }
  return batch;
}

describe('MissRatioCurve', () => {
  test('O16: equals direct simulation on 80 random traces × 8 sizes', () => {
    for (let seed = 0; seed < 80; seed++) {
      const batch = randomTrace(seed, 700);
      const curve = new MissRatioCurve();
      const direct = new DirectLru(SIZES);
      curve.consume(batch);
      direct.consume(batch);
      expect(curve.accesses).toBe(direct.accesses);
      expect(curve.points(SIZES).map(({ misses }) => misses)).toEqual(direct.misses);
    }
  });

  test('O15, O17: a cyclic scan has one knee, at its length', () => {
    const batch = new EventBatch();
    for (let at = 0; at < 100; at++) dma(batch, at % 10);
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.points()).toEqual([
      { entries: 1, misses: 100, miss_ratio: 1 },
      { entries: 2, misses: 100, miss_ratio: 1 },
      { entries: 4, misses: 100, miss_ratio: 1 },
      { entries: 8, misses: 100, miss_ratio: 1 },
      { entries: 10, misses: 10, miss_ratio: 0.1 },
      { entries: 16, misses: 10, miss_ratio: 0.1 },
    ]);
    expect([curve.coldMisses, curve.maxDistance]).toEqual([10, 10]);
  });

  test('many knees: only powers of two by default', () => {
    const batch = new EventBatch();
    const random = seededRandom(1);
    for (let at = 0; at < 4000; at++) dma(batch, random(100));
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.points().map(({ entries }) => entries)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    for (const { entries, misses } of curve.points([3, 50, 99])) expect(misses).toBe(curve.misses(entries));
  });

  test('a command acts at the doorbell of its own queue, and not before', () => {
    const batch = new EventBatch();
    dma(batch, 5);
    command(batch, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 5, TG: 1, TTL: 3 }, 3);
    dma(batch, 5);
    doorbell(batch, 0);
    dma(batch, 5);
    doorbell(batch, 3);
    dma(batch, 5);
    command(batch, Opcode.TLBI_NSNH_ALL);
    dma(batch, 5);
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.points([1])).toEqual([{ entries: 1, misses: 2, miss_ratio: 0.4 }]);
    expect(curve.unpublishedCommands).toBe(1);
  });

  test('one page of a block invalidates the block; one page beside it does not', () => {
    const batch = new EventBatch();
    dma(batch, 512, 1, 21);
    command(batch, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 511, TG: 1, TTL: 3 });
    doorbell(batch);
    dma(batch, 1023, 1, 21);
    command(batch, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 1023, TG: 1, TTL: 3 });
    doorbell(batch);
    dma(batch, 600, 1, 21);
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.misses(1)).toBe(2);
  });

  test('faults, rows without translation and interrupts are counted apart', () => {
    const batch = new EventBatch();
    dma(batch, 1, 1, 12, Outcome.Miss);
    dma(batch, 1, 1, 0, Outcome.Hit);
    dma(batch, 2, 1, 0, Outcome.Fault);
    dma(batch, 2, 1, 12, Outcome.Miss);
    dma(batch, 3, -1, 0, Outcome.Bypass);
    dma(batch, 3, -1, 0, Outcome.Abort);
    dma(batch, 3, -1, 0, Outcome.Disabled);
    batch.flags[dma(batch, 4, 1, 12, Outcome.Miss)] = EventFlag.Msi;
    const all = new MissRatioCurve();
    const data = new MissRatioCurve({ skipMsi: true });
    all.consume(batch);
    data.consume(batch);
    expect([all.accesses, all.coldMisses, all.faults, all.untranslated, all.skippedMsi]).toEqual([4, 3, 1, 3, 0]);
    expect([data.accesses, data.coldMisses, data.faults, data.untranslated, data.skippedMsi]).toEqual([3, 2, 1, 3, 1]);
  });

  test('a command of which only the opcode is known does nothing unless it needs no operand', () => {
    const batch = new EventBatch();
    dma(batch, 0, 0);
    batch.flags[batch.appendCommand(1, 1, ...encodeCommand(Opcode.TLBI_NH_VA))] = EventFlag.OpcodeOnly;
    doorbell(batch);
    dma(batch, 0, 0);
    batch.flags[batch.appendCommand(1, 1, ...encodeCommand(Opcode.TLBI_NSNH_ALL))] = EventFlag.OpcodeOnly;
    doorbell(batch);
    dma(batch, 0, 0);
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.coldMisses).toBe(2);
  });

  test('thousands of live pages, hundreds of address spaces, a long batch of commands', () => {
    const batch = new EventBatch(20_000);
    const touchAll = (): void => {
      for (let at = 0; at < 5000; at++) dma(batch, at * 3, at % 300);
    };
    touchAll();
    touchAll();
    for (let asid = 0; asid < 300; asid += 2) command(batch, Opcode.TLBI_NH_ASID, { ASID: asid });
    doorbell(batch);
    touchAll();
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect([curve.accesses, curve.coldMisses, curve.maxDistance]).toEqual([15_000, 7500, 5000]);
  });

  test('a range command over much more than is live, and one over a part of it', () => {
    const batch = new EventBatch();
    for (let at = 0; at < 100; at++) dma(batch, 1000 + at);
    command(batch, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 1050, TG: 1, NUM: 31, SCALE: 20 });
    command(batch, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 1010, TG: 1, NUM: 4, SCALE: 1 });
    doorbell(batch);
    for (let at = 0; at < 100; at++) dma(batch, 1000 + at);
    const curve = new MissRatioCurve();
    curve.consume(batch);
    expect(curve.coldMisses).toBe(100 + 50 + 10);
  });

  test('a trace without accesses has a curve of zeros', () => {
    expect(new MissRatioCurve().points()).toEqual([{ entries: 1, misses: 0, miss_ratio: 0 }]);
  });
});
