/** Command line, inspect: does it count what a trace holds, exactly, for a hand-written trace and a recorded one? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InspectCollector } from '../../src/analysis/inspect/collector.js';
import { encodeCommand } from '../../src/trace/command.js';
import { EventBatch, EventFlag, EventKind } from '../../src/trace/events.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { RECORDED_TRACE, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
beforeAll(() => {
  sandbox.write('small.csv', SMALL_TRACE);
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

/** A command row of `opcode` with `fields`. */
function command(batch: EventBatch, timeNs: number, opcode: number, fields = {}, flags = 0): void {
  const row = batch.appendCommand(timeNs, 1, ...encodeCommand(opcode, fields));
  batch.flags[row] = flags;
}

describe('collector', () => {
  it('is empty for no events', () => {
    expect(new InspectCollector().counts(true)).toMatchObject({
      events: 0,
      commands: { total: 0, unpublished: 0, by_opcode: {}, by_vcpu: {} },
      doorbells: 0,
      batch_sizes: {},
      dma: { total: 0, msi: 0, by_sid: {}, by_outcome: {} },
      time: { first_ns: null, last_ns: null, span_ns: null },
      recorded_latency: null,
    });
  });

  it('keeps queues, vCPUs and batches apart', () => {
    const batch = new EventBatch(16);
    command(batch, 10, Opcode.SYNC);
    command(batch, 10, Opcode.SYNC);
    batch.queue[1] = 1;
    batch.vcpu[batch.append(EventKind.Doorbell, 20, 3)] = 0;
    batch.vcpu[batch.append(EventKind.Doorbell, 30, 4)] = 1;
    const late = new EventBatch(16);
    late.vcpu[late.append(EventKind.SyncDone, 50, 5)] = 0;
    late.vcpu[late.append(EventKind.SyncDone, 100, 6)] = 1;
    late.vcpu[late.append(EventKind.SyncDone, 110, 7)] = 1;
    const collector = new InspectCollector();
    collector.add(batch);
    collector.add(late);
    const counts = collector.counts(true);
    expect(counts.commands).toMatchObject({ total: 2, unpublished: 1, by_vcpu: { unknown: 2 } });
    expect(counts.batch_sizes).toEqual({ 0: 1, 1: 1 });
    expect(counts.sync_dones).toBe(3);
    expect(counts.recorded_latency).toMatchObject({ count: 2, mean_ns: 50, min_ns: 30, max_ns: 70 });
    expect(counts.recorded_latency?.by_vcpu).toMatchObject({ 0: { max_ns: 30 }, 1: { max_ns: 70 } });
    expect(counts.time).toEqual({ first_ns: 10, last_ns: 110, span_ns: 100 });
  });

  it('reads ranges and ASIDs from the command words, but not where only the opcode is known', () => {
    const batch = new EventBatch(16);
    command(batch, 1, Opcode.TLBI_NH_VA, { ASID: 3, TG: 1, NUM: 7, SCALE: 1 });
    command(batch, 1, Opcode.TLBI_NH_VA, { ASID: 3 });
    command(batch, 1, Opcode.TLBI_NH_VA, {}, EventFlag.OpcodeOnly);
    command(batch, 1, Opcode.TLBI_NH_ASID, { ASID: 65535 });
    command(batch, 1, 0xff);
    const collector = new InspectCollector();
    collector.add(batch);
    const counts = collector.counts(true);
    expect(counts.range_pages).toEqual({ 1: 1, 16: 1 });
    expect(counts.asids).toEqual({ 3: 2, 65535: 1 });
    expect(counts.commands.by_opcode).toEqual({ TLBI_NH_ASID: 1, TLBI_NH_VA: 3, ILLEGAL_0xff: 1 });
  });

  it('says nothing about time when the recording has no clock', () => {
    const batch = new EventBatch(4);
    batch.vcpu[batch.append(EventKind.Doorbell, 1, 1)] = 0;
    batch.vcpu[batch.append(EventKind.SyncDone, 2, 2)] = 0;
    const collector = new InspectCollector();
    collector.add(batch);
    expect(collector.counts(false)).toMatchObject({ time: { first_ns: null, span_ns: null }, recorded_latency: null });
  });
});

describe('inspect', () => {
  it('counts a hand-written trace', async () => {
    const { code, stdout, stderr } = await warm.run(['inspect', sandbox.path('small.csv'), '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'smmuscope.inspect/1',
      trace: { file: 'small.csv', compression: 'none', limited: false },
      reader: { format: 'csv', lines: 13, foreign_lines: 0, lossy: [] },
      events: 12,
      commands: {
        total: 5,
        unpublished: 1,
        by_opcode: { TLBI_NH_VA: 2, TLBI_NH_ASID: 1, SYNC: 2 },
        by_vcpu: { 0: 3, 1: 2 },
      },
      doorbells: 2,
      batch_sizes: { 2: 2 },
      sync_dones: 2,
      dma: { total: 3, msi: 0, by_sid: { '0x8': 2, '0x10': 1 } },
      time: { first_ns: 1000, last_ns: 7000, span_ns: 6000 },
      recorded_latency: { count: 2, mean_ns: 750, by_vcpu: { 0: { mean_ns: 500 }, 1: { mean_ns: 1000 } } },
      range_pages: { 1: 2 },
      asids: { 1: 3 },
    });
  });

  it('counts the part within --limit and says that it is a part', async () => {
    const { stdout } = await warm.run(['inspect', sandbox.path('small.csv'), '--json', '--limit', '3']);
    expect(JSON.parse(stdout)).toMatchObject({
      events: 3,
      trace: { limited: true },
      commands: { total: 2, unpublished: 2 },
    });
    const whole = await warm.run(['inspect', sandbox.path('small.csv'), '--json', '--limit', '12']);
    expect(JSON.parse(whole.stdout)).toMatchObject({ events: 12, trace: { limited: false } });
  });

  it('counts the recorded trace as its provenance table does', async () => {
    const { stdout } = await warm.run(['inspect', RECORDED_TRACE, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      reader: { format: 'qemu-log', version: '7.2', lines: 147991 },
      commands: {
        total: 6914,
        by_opcode: {
          CFGI_STE_RANGE: 1,
          SYNC: 3465,
          TLBI_NSNH_ALL: 1,
          CFGI_STE: 44,
          PREFETCH_CONFIG: 16,
          TLBI_NH_ASID: 28,
          TLBI_NH_VA: 3359,
        },
      },
      doorbells: 3482,
      batch_sizes: { 0: 1, 1: 48, 2: 3433 },
      dma: { total: 15880, by_outcome: { hit: 8635, miss: 7245 } },
    });
  });

  it('has every number of the JSON in the CSV', async () => {
    const { stdout } = await warm.run(['inspect', sandbox.path('small.csv'), '--reporter', 'csv']);
    expect(stdout).toContain('small.csv,commands.by_opcode.SYNC,2\n');
    expect(stdout).toContain('small.csv,dma.by_sid.0x8,2\n');
  });

  it('names the combinations that the architecture reserves in raw words', async () => {
    const input = [
      'time_ns,event,cmd0,cmd1',
      '0,cmd,0x3000000001012,0x1000', // NUM=1 with TG=0
      '0,cmd,0x3000,0x0', // not an opcode
      '0,cmd,0x3046,0x0', // CMD_SYNC CS=3
      '0,cmd,0x12,0xffffc701', // clean
      '0,doorbell,,',
      '',
    ].join('\n');
    const { stdout } = await warm.run(['inspect', '-', '--json'], { input });
    expect(JSON.parse(stdout).commands.reserved).toEqual({
      'CMD_SYNC CS=3': 1,
      'TG=0 with NUM, SCALE or TTL non-zero': 1,
      'opcode 0x0 is not defined': 1,
      'reserved bits set': 1,
    });
  });
});

describe('options of the recording', () => {
  const FTRACE = 'traces/rebind-strict.ftrace.txt.xz';
  const LOG = 'traces/rebind-strict.qemu-7.2.log.xz';

  it.each(['inspect', 'mrc'])('%s refuses names of ftrace events for another format', async (command) => {
    const { code, stderr } = await warm.run([command, LOG, '--ftrace-events', 'cmdq=x']);
    expect([code, stderr]).toEqual([
      2,
      'smmuscope: --ftrace-events: expected an ftrace recording, found format qemu-log\n',
    ]);
  });

  it('--with joins another recording of the run and says how they agree', async () => {
    const { code, stdout } = await warm.run(['inspect', FTRACE, '--with', LOG, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).join).toMatchObject({
      commands: { matched: 6842, only_in_commands_from: 0, only_before: 72, only_within: 0, only_after: 0 },
      clock: { drift_ppm: 0.277 },
    });
  });

  it('beside the latencies of a run that QEMU logged stands that they contain the tracing', async () => {
    const shown = async (...args: string[]) => (await warm.run(['inspect', ...args])).stdout.replace(/\s+/g, ' ');
    const caveat = 'contain the tracing itself: QEMU prints its lines while the guest waits';
    expect(await shown(LOG)).toContain(`recorded latencies ${caveat}`);
    expect(await shown(FTRACE, '--with', LOG)).toContain(`of a run that QEMU logged) ${caveat}`);
    expect(await shown(FTRACE)).not.toContain('tracing itself');
    const { recorded_latency } = JSON.parse((await warm.run(['inspect', LOG, '--json'])).stdout);
    // design §3: 16.5 us from the first line of the drain, not 3.38 us from the line of the write.
    expect(recorded_latency).toMatchObject({ count: 3465, includes_tracing: true });
    expect(Math.round(recorded_latency.mean_ns / 10)).toBe(1654);
  });
});
