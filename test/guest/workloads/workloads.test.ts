/**
 * Generate tier: does each workload emit what the Linux driver of its kernel would emit, the same for the same seed, and
 * without keeping the trace in memory?
 */
import { describe, expect, it } from 'vitest';
import { parametersOf, WORKLOADS, workloadByName } from '../../../src/guest/workloads/registry.js';
import { generateTrace } from '../../../src/guest/workloads/schedule.js';
import type { GenerateSettings } from '../../../src/guest/workloads/workload.js';
import { decodeCommand, reservedCombinations } from '../../../src/trace/command.js';
import { type EventBatch, EventKind } from '../../../src/trace/events.js';
import { opcodeKey } from '../../../src/trace/opcodes.js';
import { rowsOf, summaryOf, wordsOf } from '../../support/traces.js';

async function generate(
  name: string,
  assignments: readonly string[] = [],
  settings: Partial<GenerateSettings> = {},
): Promise<EventBatch[]> {
  const workload = workloadByName(name);
  const parameters = parametersOf(workload, assignments);
  const all = { events: 4000, vcpus: 2, devices: 2, seed: 1, era: '6.6-to-7.0', parameters, ...settings } as const;
  const batches: EventBatch[] = [];
  for await (const batch of generateTrace(workload, all)) batches.push(batch);
  return batches;
}

/** Commands of `batches` by opcode. */
function opcodes(batches: readonly EventBatch[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      if (batch.kind[row] !== EventKind.Cmd) continue;
      const key = opcodeKey(batch.cmd0Low[row] & 0xff);
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

/** Commands between two doorbells, per doorbell that publishes a SYNC of vCPU 0 when it is alone. */
function batchSizes(batches: readonly EventBatch[]): number[] {
  const sizes: number[] = [];
  let pending = 0;
  for (const { kind } of rowsOf(batches)) {
    if (kind === EventKind.Cmd) pending++;
    else if (kind === EventKind.Doorbell) {
      sizes.push(pending);
      pending = 0;
    }
  }
  return sizes;
}

describe.each(WORKLOADS.map(({ name }) => name))('%s', (name) => {
  it('is the same for the same seed, another for another, of about the length that was asked for', async () => {
    const first = rowsOf(await generate(name));
    expect(rowsOf(await generate(name))).toEqual(first);
    if (name !== 'attach-storm') expect(rowsOf(await generate(name, [], { seed: 2 }))).not.toEqual(first);
    expect(first.length).toBeGreaterThanOrEqual(4000);
    expect(first.length).toBeLessThan(4000 + 3000);
  });

  it('writes only commands that the architecture defines, in order of time', async () => {
    const batches = await generate(name, [], { vcpus: 3, era: 'from-7.1' });
    let lastNs = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        expect(batch.timeNs[row]).toBeGreaterThanOrEqual(lastNs);
        lastNs = batch.timeNs[row];
        if (batch.kind[row] === EventKind.Cmd) expect(reservedCombinations(wordsOf(batch, row))).toEqual([]);
      }
    }
  });

  it('uses every vCPU and, where its domains are per device, every device', async () => {
    const rows = rowsOf(await generate(name, [], { vcpus: 4, devices: 2 }));
    const ringing = rows.filter(({ kind }) => kind === EventKind.Doorbell).map(({ vcpu }) => vcpu);
    // A flush is published by the one whose ring is full or who armed the timer; a device is plugged by one vCPU.
    expect(new Set(ringing).size).toBeGreaterThanOrEqual(name === 'attach-storm' || name === 'nic-lazy' ? 2 : 4);
    const sids = rows.filter(({ kind }) => kind === EventKind.Dma).map(({ sid }) => sid);
    expect([...new Set(sids)].sort((a, b) => a - b)).toEqual([8, 16]);
  });
});

describe('what the driver emits', () => {
  it('nic-ring: per packet one TLBI and one SYNC, with ATS one ATC_INV and another SYNC', async () => {
    const plain = opcodes(await generate('nic-ring'));
    expect(Object.keys(plain).sort()).toEqual(['SYNC', 'TLBI_NH_VA']);
    expect(plain.SYNC).toBe(plain.TLBI_NH_VA);
    const withAts = opcodes(await generate('nic-ring', ['ats=on']));
    expect(withAts.ATC_INV).toBe(withAts.TLBI_NH_VA);
    expect(withAts.SYNC).toBe(2 * withAts.TLBI_NH_VA);
  });

  it('nic-lazy: no TLBI but TLBI_NH_ASID, at most one per 255 unmaps and 10 ms of a vCPU, and no IOVA back before it', async () => {
    const batches = await generate('nic-lazy', ['ring=8', 'gap_ns=1000'], { events: 20_000, vcpus: 1, devices: 1 });
    const counts = opcodes(batches);
    expect(Object.keys(counts).sort()).toEqual(['SYNC', 'TLBI_NH_ASID']);
    const rows = rowsOf(batches);
    const unmaps = rows.filter(({ kind }) => kind === EventKind.Unmap).length;
    expect(counts.TLBI_NH_ASID).toBeGreaterThanOrEqual(Math.floor(unmaps / 255));
    const spanNs = rows[rows.length - 1].timeNs;
    expect(counts.TLBI_NH_ASID).toBeLessThanOrEqual(Math.ceil(unmaps / 255) + Math.ceil(spanNs / 10e6));
    const waiting = new Set<number>();
    for (const { kind, iovaPage, cmd0Low } of rows) {
      if (kind === EventKind.Unmap) waiting.add(iovaPage);
      else if (kind === EventKind.Map) expect(waiting.has(iovaPage)).toBe(false);
      else if (kind === EventKind.Cmd && (cmd0Low & 0xff) === 0x11) waiting.clear();
    }
  });

  it.each([
    ['before-6.6', 0],
    ['6.6-to-7.0', 1],
    ['from-7.1', 1],
  ] as const)('sva-munmap on %s: whole ASIDs from 512 pages on, or never', async (era, expected) => {
    const batches = await generate('sva-munmap', ['max_pages=1024'], { era, vcpus: 1, events: 8000 });
    const counts = opcodes(batches);
    expect(Math.sign(counts.TLBI_NH_ASID ?? 0)).toBe(expected);
    // Non-leaf, page by page, and every munmap ends in one SYNC.
    const rows = rowsOf(batches);
    const large = rows.filter(({ kind, pages }) => kind === EventKind.Unmap && pages >= 512).length;
    expect(large).toBeGreaterThan(0);
    expect(counts.TLBI_NH_ASID ?? 0).toBe(expected * large);
    expect(counts.SYNC).toBe(rows.filter(({ kind }) => kind === EventKind.Unmap).length);
    // Full batches have no SYNC; the last one may be full and have one.
    const largest = Math.max(...batchSizes(batches));
    expect(largest === 64 || largest === 65).toBe(true);
    const single = batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, row) => decodeCommand(wordsOf(batch, row))).filter(
        ({ OP }) => OP === 0x12,
      ),
    );
    expect(single.every(({ TG, TTL, LEAF }) => TG === 0 && TTL === 0 && LEAF === 0)).toBe(true);
  });

  it('gpu-migration: ATC_INVs carry the PASID of the process, one per device after each TLBI submission', async () => {
    const batches = await generate('gpu-migration', [], { devices: 3 });
    const counts = opcodes(batches);
    const unmaps = rowsOf(batches).filter(({ kind }) => kind === EventKind.Unmap).length;
    expect(counts.ATC_INV).toBe(3 * unmaps);
    expect(counts.SYNC).toBe(2 * unmaps);
    const atcs = summaryOf(batches).filter((line) => line.includes('ATC_INV'));
    expect(atcs.every((line) => / SSID=[12] SSV=1$/.test(line) && line.includes('SIZE=4'))).toBe(true);
  });

  it('attach-storm: the sequences that kernels 6.1 and 6.12 were recorded with', async () => {
    const sequence = async (era: GenerateSettings['era']) => {
      const settings = { era, vcpus: 1, devices: 1, events: 1 };
      const lines = summaryOf(await generate('attach-storm', ['transfers=0'], settings));
      return lines.filter((line) => line.startsWith('cmd')).map((line) => line.split(' ')[2]);
    };
    const synced = (...names: string[]) => names.flatMap((name) => [name, 'SYNC']);
    expect(await sequence('before-6.6')).toEqual([
      'SYNC',
      'SYNC',
      ...synced('CFGI_STE', 'CFGI_STE'),
      'PREFETCH_CONFIG',
      ...synced('TLBI_NH_ASID', 'CFGI_STE', 'TLBI_NH_ASID'),
    ]);
    expect(await sequence('6.6-to-7.0')).toEqual([
      ...synced('CFGI_CD', 'CFGI_CD', 'CFGI_STE', 'CFGI_STE'),
      'PREFETCH_CONFIG',
      ...synced('TLBI_NH_ASID', 'CFGI_STE', 'CFGI_STE'),
      'PREFETCH_CONFIG',
      ...synced('CFGI_CD', 'CFGI_CD', 'TLBI_NH_ASID'),
    ]);
  });
});

describe('streaming', () => {
  it('hands batches out as they fill and keeps none', async () => {
    const workload = workloadByName('nic-ring');
    const settings = {
      vcpus: 2,
      devices: 2,
      seed: 1,
      era: '6.6-to-7.0',
      parameters: parametersOf(workload, []),
    } as const;
    let drawn = 0;
    for await (const batch of generateTrace(workload, { ...settings, events: 1e12 })) {
      drawn += batch.count;
      if (drawn > 100_000) break; // a trace without end: only drawing makes it
    }
    expect(drawn).toBeLessThan(120_000);
  });
});

describe('parameters', () => {
  it.each([
    ['ring', /expected KEY=VALUE/],
    ['rign=3', /unknown parameter rign of nic-ring; did you mean ring\?/],
    ['ring=0', /--set ring: expected an integer from 1 to 4096, found "0"/],
    ['ring=1.5', /expected an integer/],
    ['ril=maybe', /--set ril: expected on or off, found "maybe"/],
  ])('%s is refused', (assignment, message) => {
    expect(() => parametersOf(workloadByName('nic-ring'), [assignment])).toThrow(message);
  });

  it('an unknown workload is refused with the nearest', () => {
    expect(() => workloadByName('nic-rign')).toThrow(/unknown workload nic-rign; did you mean nic-ring\?/);
  });
});
