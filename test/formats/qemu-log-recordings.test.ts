/**
 * Does the QEMU reader find in the real recordings exactly what is in them?
 *
 * The expected numbers come from counting the lines of the logs independently (traces/README.md), not from this reader.
 */
import { describe, expect, it } from 'vitest';
import { EventFlag, EventKind, OUTCOME_NAMES } from '../../src/trace/events.js';
import { opcodeKey } from '../../src/trace/opcodes.js';
import { readTrace, tracePath, traceText } from '../support/traces.js';

type Counts = Record<string, number>;

interface Expected {
  readonly lines: number;
  readonly version: string;
  readonly commands: Counts;
  /** Commands per doorbell → doorbells. */
  readonly batchSizes: Counts;
  readonly syncDone: number;
  readonly outcomes: Counts;
  readonly dmaBySid: Counts;
  readonly msi: number;
  readonly vcpus: number;
  /** TG,TTL,LEAF of the address TLBIs. */
  readonly ranges: Counts;
  /** log2 of the page size → translations that hit or missed. */
  readonly pageSizes: Counts;
}

const RECORDINGS: Readonly<Record<string, Expected>> = {
  'boot-strict.qemu-7.2.log.xz': {
    lines: 1547,
    version: '7.2',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 53,
      TLBI_NSNH_ALL: 1,
      CFGI_STE: 14,
      PREFETCH_CONFIG: 7,
      TLBI_NH_ASID: 7,
      TLBI_NH_VA: 16,
    },
    batchSizes: { 0: 1, 1: 21, 2: 39 },
    syncDone: 53,
    outcomes: { hit: 191, miss: 36, disabled: 1 },
    dmaBySid: { 8: 176, 16: 26, 40: 18, 24: 7, 48: 1 },
    msi: 23,
    vcpus: 2,
    ranges: { '1,3,1': 16 },
    pageSizes: { 12: 227 },
  },
  'rebind-strict.qemu-7.2.log.xz': {
    lines: 147991,
    version: '7.2',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 3465,
      TLBI_NSNH_ALL: 1,
      CFGI_STE: 44,
      PREFETCH_CONFIG: 16,
      TLBI_NH_ASID: 28,
      TLBI_NH_VA: 3359,
    },
    batchSizes: { 0: 1, 1: 48, 2: 3433 },
    syncDone: 3465,
    outcomes: { hit: 8635, miss: 7245 },
    dmaBySid: { 8: 8295, 16: 7585 },
    msi: 704,
    vcpus: 2,
    ranges: { '1,3,1': 3359 },
    pageSizes: { 12: 15880 },
  },
  'faults-strict.qemu-7.2.log.xz': {
    lines: 31597,
    version: '7.2',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 529,
      TLBI_NSNH_ALL: 1,
      CFGI_STE: 6,
      PREFETCH_CONFIG: 3,
      TLBI_NH_ASID: 3,
      TLBI_NH_VA: 512,
    },
    batchSizes: { 0: 1, 1: 9, 2: 523 },
    syncDone: 529,
    // 1489 lookups missed: 529 walks succeeded, 960 failed.
    outcomes: { hit: 4146, miss: 529, fault: 960, abort: 96 },
    dmaBySid: { 8: 4675, 16: 1056 },
    msi: 522,
    vcpus: 2,
    ranges: { '1,3,1': 512 },
    pageSizes: { 12: 4675 },
  },
  'rebind-lazy.qemu-10.0.log.xz': {
    lines: 102810,
    version: '10.x',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 203,
      TLBI_NSNH_ALL: 1,
      TLBI_NH_ASID: 113,
      CFGI_CD: 44,
      CFGI_STE: 44,
      PREFETCH_CONFIG: 22,
    },
    batchSizes: { 0: 1, 1: 22, 2: 203 },
    syncDone: 203,
    outcomes: { hit: 8733, miss: 5739 },
    dmaBySid: { 8: 8572, 16: 5900 },
    msi: 528,
    vcpus: 2,
    ranges: {},
    pageSizes: { 12: 14472 },
  },
  'bigsg-strict.qemu-7.2.log.xz': {
    lines: 384083,
    version: '7.2',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 9605,
      TLBI_NSNH_ALL: 1,
      CFGI_STE: 4,
      PREFETCH_CONFIG: 2,
      TLBI_NH_ASID: 2,
      TLBI_NH_VA: 9662,
    },
    batchSizes: { 0: 1, 1: 6, 2: 9532, 3: 69 },
    // Recorded without register reads.
    syncDone: 0,
    outcomes: { hit: 11157, miss: 56430 },
    dmaBySid: { 8: 67587 },
    msi: 145,
    vcpus: 2,
    ranges: { '1,3,1': 9562, '1,2,1': 66, '1,0,0': 34 },
    pageSizes: { 12: 67516, 21: 71 },
  },
  'stage2-bigsg.qemu-10.0.log.xz': {
    lines: 301768,
    version: '10.x',
    commands: {
      CFGI_STE_RANGE: 1,
      SYNC: 6045,
      TLBI_NSNH_ALL: 1,
      TLBI_S12_VMALL: 2,
      CFGI_STE: 4,
      PREFETCH_CONFIG: 2,
      TLBI_S2_IPA: 6109,
    },
    batchSizes: { 0: 1, 1: 2, 2: 5960, 3: 71, 4: 6, 5: 1 },
    syncDone: 0,
    outcomes: { hit: 7629, miss: 47073 },
    dmaBySid: { 8: 54702 },
    msi: 174,
    vcpus: 2,
    ranges: { '1,3,1': 6030, '1,2,1': 55, '1,0,0': 24 },
    pageSizes: { 12: 54649, 21: 53 },
  },
};

function count(counts: Counts, key: string | number): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

const OUTCOME_KEYS = ['unknown', ...OUTCOME_NAMES.slice(1)];

describe.each(Object.entries(RECORDINGS))('%s', (name, expected) => {
  it('has the commands, doorbells and translations that its lines say', async () => {
    const { trace, batches } = await readTrace(tracePath(name));
    const commands: Counts = {};
    const batchSizes: Counts = {};
    const outcomes: Counts = {};
    const dmaBySid: Counts = {};
    const ranges: Counts = {};
    const pageSizes: Counts = {};
    const vcpus = new Set<number>();
    let syncDone = 0;
    let msi = 0;
    let pending = 0;
    let opcodeOnly = 0;
    // Times that run back or are no integers, lines that run back, commands not marked as rebuilt.
    let disorder = 0;
    let lastTimeNs = 0;
    let lastDmaLine = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.timeNs[row] < lastTimeNs || !Number.isInteger(batch.timeNs[row])) disorder++;
        lastTimeNs = batch.timeNs[row];
        switch (batch.kind[row]) {
          case EventKind.Cmd: {
            const c1Low = batch.cmd1Low[row];
            count(commands, opcodeKey(batch.cmd0Low[row]));
            if ((c1Low & 0xc00) !== 0) count(ranges, [(c1Low >> 10) & 3, (c1Low >> 8) & 3, c1Low & 1].join());
            if ((batch.flags[row] & EventFlag.Reconstructed) === 0) disorder++;
            if ((batch.flags[row] & EventFlag.OpcodeOnly) !== 0) opcodeOnly++;
            vcpus.add(batch.vcpu[row]);
            pending++;
            break;
          }
          case EventKind.Doorbell:
            count(batchSizes, pending);
            pending = 0;
            break;
          case EventKind.SyncDone:
            syncDone++;
            break;
          default: {
            const outcome = OUTCOME_KEYS[batch.outcome[row]];
            count(outcomes, outcome);
            count(dmaBySid, batch.sid[row]);
            if (outcome === 'hit' || outcome === 'miss') count(pageSizes, batch.pageSizeLog2[row]);
            if ((batch.flags[row] & EventFlag.Msi) !== 0) msi++;
            if (batch.line[row] <= lastDmaLine) disorder++;
            lastDmaLine = batch.line[row];
          }
        }
      }
    }
    const { lines, version } = trace.statistics;
    const read = { lines, version, commands, batchSizes, syncDone, outcomes, dmaBySid, msi, vcpus: vcpus.size, ranges };
    expect({ ...read, pageSizes }).toEqual(expected);
    expect(pending).toBe(0);
    expect(disorder).toBe(0);
    // Only PREFETCH_CONFIG carries operands that QEMU never prints.
    expect(opcodeOnly).toBe(expected.commands.PREFETCH_CONFIG);
    expect(trace.statistics).toMatchObject({ timeBase: 'clock', foreignLines: 0, skippedRows: 0, lossy: [] });
  });

  it('O41: prints on every lookup line the hit rate that its counters give', async () => {
    const text = await traceText(name);
    let lookups = 0;
    for (const [, hit, miss, rate] of text.matchAll(/ hit=(\d+) miss=(\d+) hit rate=(\d+)$/gm)) {
      lookups++;
      const total = Number(hit) + Number(miss);
      if (Math.floor((100 * Number(hit)) / total) !== Number(rate)) throw new Error(`${hit} ${miss} ${rate}`);
    }
    const { hit = 0, miss = 0, fault = 0 } = expected.outcomes;
    expect(lookups).toBe(hit + miss + fault);
  });
});
