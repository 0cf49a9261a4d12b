/** Question: which rows drive the model, which are compared, and what is said of a contradiction? */
import { describe, expect, test } from 'vitest';
import { RecordedOracle, type RecordedOracleOptions } from '../../../src/analysis/oracle/recorded-oracle.js';
import { type CommandFields, encodeCommand } from '../../../src/trace/command.js';
import { EventBatch, EventFlag, EventKind, Outcome } from '../../../src/trace/events.js';
import { Opcode } from '../../../src/trace/opcodes.js';

/** Builds a batch row by row; the line of a row is its number from 1. */
class Trace {
  readonly batch = new EventBatch(64);

  dma(outcome: number, page = 5, flags = 0, asid = 1, vmid = -1): this {
    const { batch } = this;
    const row = batch.append(EventKind.Dma, 0, batch.count + 1);
    batch.sid[row] = 8;
    batch.asid[row] = asid;
    batch.vmid[row] = vmid;
    batch.iovaPage[row] = page;
    batch.iovaOffset[row] = 0x40;
    batch.granuleLog2[row] = 12;
    batch.outcome[row] = outcome;
    batch.flags[row] = flags;
    return this;
  }

  command(opcode: number, fields: CommandFields = {}, flags = 0): this {
    const { batch } = this;
    batch.flags[batch.appendCommand(0, batch.count + 1, ...encodeCommand(opcode, fields))] = flags;
    return this;
  }

  judge(options: RecordedOracleOptions = {}): RecordedOracle {
    const oracle = new RecordedOracle(options);
    oracle.consume(this.batch);
    return oracle;
  }
}

describe('RecordedOracle, IOTLB', () => {
  test('agreement is counted by recorded outcome', () => {
    const { recorded } = new Trace()
      .dma(Outcome.Miss)
      .dma(Outcome.Hit)
      .dma(Outcome.Miss, 6)
      .dma(Outcome.Hit)
      .judge().result;
    expect(recorded).toEqual({ compared: 4, hits: 2, misses: 2, mismatches: 0, first: [] });
  });

  test('a contradiction is listed with its line, address, stream and both outcomes', () => {
    const { recorded } = new Trace().dma(Outcome.Miss).dma(Outcome.Miss).dma(Outcome.Hit, 7).judge().result;
    expect(recorded.mismatches).toBe(2);
    expect(recorded.first).toEqual([
      { line: 2, iova: '0x5040', sid: 8, predicted: 'hit', recorded: 'miss' },
      { line: 3, iova: '0x7040', sid: 8, predicted: 'miss', recorded: 'hit' },
    ]);
  });

  test('at most ten are listed, all are counted', () => {
    const trace = new Trace();
    for (let page = 0; page < 25; page++) trace.dma(Outcome.Hit, page);
    const { recorded } = trace.judge().result;
    expect([recorded.mismatches, recorded.first.length]).toEqual([25, 10]);
  });

  test('a fault is a miss and fills nothing', () => {
    const { recorded } = new Trace()
      .dma(Outcome.Fault)
      .dma(Outcome.Fault)
      .dma(Outcome.Miss)
      .dma(Outcome.Hit)
      .judge().result;
    expect(recorded).toMatchObject({ compared: 4, hits: 1, misses: 3, mismatches: 0 });
  });

  test('a fault without a tag came before the lookup: not compared', () => {
    const { recorded } = new Trace().dma(Outcome.Fault, 5, 0, -1, -1).dma(Outcome.Miss).judge().result;
    expect(recorded).toMatchObject({ compared: 1, mismatches: 0 });
  });

  test('bypass, abort and a disabled SMMU look nothing up', () => {
    const trace = new Trace().dma(Outcome.Bypass).dma(Outcome.Abort).dma(Outcome.Disabled).dma(Outcome.Miss);
    expect(trace.judge().result.recorded).toMatchObject({ compared: 1, misses: 1, mismatches: 0 });
  });

  test('a row without outcome fills but is not compared', () => {
    const { recorded } = new Trace().dma(Outcome.Unknown).dma(Outcome.Hit).judge().result;
    expect(recorded).toMatchObject({ compared: 1, hits: 1, mismatches: 0 });
  });

  test('a command acts where it stands, before its doorbell', () => {
    const invalidation = { ASID: 1, ADDR: 5, TG: 1, TTL: 3 };
    const trace = new Trace()
      .dma(Outcome.Miss)
      .command(Opcode.TLBI_NH_VA, invalidation)
      .dma(Outcome.Miss)
      .dma(Outcome.Hit);
    expect(trace.judge().result.recorded.mismatches).toBe(0);
  });

  test('of opcode-only commands just those without operands act', () => {
    const trace = new Trace()
      .dma(Outcome.Miss, 5, 0, 0)
      .command(Opcode.TLBI_NH_ASID, {}, EventFlag.OpcodeOnly)
      .dma(Outcome.Hit, 5, 0, 0)
      .command(Opcode.TLBI_NSNH_ALL, {}, EventFlag.OpcodeOnly)
      .dma(Outcome.Miss, 5, 0, 0);
    expect(trace.judge().result.recorded.mismatches).toBe(0);
  });

  test('a stage-2 row is tagged by its VMID alone', () => {
    const trace = new Trace()
      .dma(Outcome.Miss, 5, EventFlag.Stage2, 7, 1)
      .dma(Outcome.Hit, 5, EventFlag.Stage2, -1, 1)
      .command(Opcode.TLBI_S2_IPA, { VMID: 1, ADDR: 5, TG: 1, TTL: 3 })
      .dma(Outcome.Miss, 5, EventFlag.Stage2, -1, 1);
    expect(trace.judge({ version: () => '10.x' }).result.recorded.mismatches).toBe(0);
  });

  test('the version may become known between batches', () => {
    let version = '';
    const oracle = new RecordedOracle({ version: () => version });
    oracle.consume(new Trace().dma(Outcome.Miss, 5, 0, 1, 4).batch);
    version = '8.x';
    oracle.consume(new Trace().command(Opcode.TLBI_NH_ALL, { VMID: 9 }).dma(Outcome.Miss, 5, 0, 1, 4).batch);
    expect(oracle.result.recorded.mismatches).toBe(0);
  });

  test('fewer entries overflow earlier', () => {
    const trace = new Trace().dma(Outcome.Miss, 1).dma(Outcome.Miss, 2).dma(Outcome.Miss, 3).dma(Outcome.Miss, 1);
    expect(trace.judge({ entries: 2 }).result.recorded.mismatches).toBe(0);
    expect(trace.judge().result.recorded.mismatches).toBe(1);
  });
});

describe('RecordedOracle, configuration cache', () => {
  test('the first use misses, a CFGI makes the next one miss, a TLBI does not', () => {
    const trace = new Trace()
      .dma(Outcome.Miss, 5, EventFlag.ConfigMiss)
      .dma(Outcome.Hit, 5, EventFlag.ConfigHit)
      .command(Opcode.CFGI_STE, { SID: 16 })
      .command(Opcode.TLBI_NSNH_ALL)
      .dma(Outcome.Miss, 5, EventFlag.ConfigHit)
      .command(Opcode.CFGI_CD, { SID: 8 })
      .dma(Outcome.Hit, 5, EventFlag.ConfigMiss);
    const { recorded, config } = trace.judge().result;
    expect(config).toEqual({ compared: 4, hits: 2, misses: 2, mismatches: 0, first: [] });
    expect(recorded.mismatches).toBe(0);
  });

  test('bypass and abort configurations are looked up and cached; a disabled SMMU looks nothing up', () => {
    const trace = new Trace()
      .dma(Outcome.Disabled)
      .dma(Outcome.Abort, 5, EventFlag.ConfigMiss)
      .dma(Outcome.Abort, 5, EventFlag.ConfigHit)
      .command(Opcode.CFGI_STE_RANGE, { RANGE: 31 })
      .dma(Outcome.Bypass, 5, EventFlag.ConfigMiss)
      .dma(Outcome.Bypass, 5, EventFlag.ConfigHit);
    expect(trace.judge().result.config).toMatchObject({ compared: 4, hits: 2, misses: 2, mismatches: 0 });
  });

  test('a configuration that cannot be decoded is not cached; a fault of the walk is another matter', () => {
    const trace = new Trace()
      .dma(Outcome.Fault, 5, EventFlag.ConfigMiss, -1, -1)
      .dma(Outcome.Fault, 5, EventFlag.ConfigMiss, -1, -1)
      .dma(Outcome.Fault, 5, EventFlag.ConfigMiss)
      .dma(Outcome.Fault, 5, EventFlag.ConfigHit);
    expect(trace.judge().result.config).toMatchObject({ compared: 4, hits: 1, misses: 3, mismatches: 0 });
  });

  test('rows without a recorded configuration lookup drive it but are not compared', () => {
    const { config } = new Trace().dma(Outcome.Miss).dma(Outcome.Hit, 5, EventFlag.ConfigHit).judge().result;
    expect(config).toMatchObject({ compared: 1, hits: 1, mismatches: 0 });
  });
});
