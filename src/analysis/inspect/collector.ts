/**
 * Counts what is in a trace, batch by batch, in bounded memory.
 *
 * Small dense numbers (opcode, vCPU, queue, ASID) are counted in typed arrays; sparse ones (StreamID, batch size, pages of
 * a range) in Maps keyed by number. Names are made once, at the end.
 */

import { LatencyRecorder } from '../../numbers/latency-recorder.js';
import { asidOf, isAddressTlbi, opcodeOf, reservedCombinations, sidOf, tlbiPages } from '../../trace/command.js';
import { fieldsOf } from '../../trace/command-fields.js';
import { ABSENT, type EventBatch, EventFlag, EventKind, OUTCOME_NAMES } from '../../trace/events.js';
import { Opcode, opcodeKey } from '../../trace/opcodes.js';
import type { CountsByKey, InspectDocument } from './document.js';

/** What the collector knows of the document; the rest comes from the opened trace. */
export type CollectedCounts = Omit<InspectDocument, 'schema' | 'trace' | 'reader' | 'transforms'>;

/** True at the opcodes that carry an ASID. */
const NAMES_ASID = Uint8Array.from({ length: 256 }, (_, opcode) =>
  fieldsOf(opcode).some((field) => field.name === 'ASID') ? 1 : 0,
);

/** True at the opcodes that name a StreamID. */
const NAMES_SID = Uint8Array.from({ length: 256 }, (_, opcode) =>
  fieldsOf(opcode).some((field) => field.name === 'SID') ? 1 : 0,
);

/** One doorbell that waits for its vCPU's sync-done: time, or -1 when there is none. */
const NO_DOORBELL = -1;

/** Feed batches in time order, then take the `counts()`. */
export class InspectCollector {
  private events = 0;
  private doorbells = 0;
  private syncDones = 0;
  private dmas = 0;
  private msis = 0;
  private maps = 0;
  private unmaps = 0;
  private firstNs: number | null = null;
  private lastNs: number | null = null;
  private readonly byOpcode = new Float64Array(256);
  private readonly reserved = new Map<string, number>();
  private readonly byAsid = new Float64Array(65536);
  private readonly byOutcome = new Float64Array(OUTCOME_NAMES.length);
  private readonly byPageSize = new Float64Array(256);
  /** Commands by vCPU, each by opcode. */
  private readonly commandsByVcpu = new Map<number, Float64Array>();
  private readonly commandsBySid = new Map<number, number>();
  private readonly syncsPerDoorbell = new Map<number, number>();
  private readonly pendingSyncsByQueue = new Map<number, number>();
  private readonly doorbellsByVcpu = new Map<number, number>();
  private readonly interArrival = new GapsByVcpu();
  private readonly bySid = new Map<number, number>();
  private readonly batchSizes = new Map<number, number>();
  private readonly rangePages = new Map<number, number>();
  /** Commands written into each queue since its last doorbell. */
  private readonly pendingByQueue = new Map<number, number>();
  private readonly doorbellNsByVcpu = new Map<number, number>();
  private readonly latency = new RecorderByVcpu();

  /** Events counted so far. */
  get eventCount(): number {
    return this.events;
  }

  /** Count rows `0 … rows-1` of `batch`. */
  add(batch: EventBatch, rows: number = batch.count): void {
    const { kind, timeNs, vcpu, queue } = batch;
    for (let row = 0; row < rows; row++) {
      switch (kind[row]) {
        case EventKind.Cmd:
          this.addCommand(batch, row);
          break;
        case EventKind.Doorbell:
          this.addDoorbell(vcpu[row], queue[row], timeNs[row]);
          break;
        case EventKind.SyncDone:
          this.addSyncDone(vcpu[row], timeNs[row]);
          break;
        case EventKind.Dma:
          this.dmas++;
          if ((batch.flags[row] & EventFlag.Msi) !== 0) this.msis++;
          this.byOutcome[batch.outcome[row]]++;
          increment(this.bySid, batch.sid[row]);
          this.byPageSize[batch.pageSizeLog2[row]]++;
          break;
        case EventKind.Map:
          this.maps++;
          this.byPageSize[batch.pageSizeLog2[row]]++;
          break;
        case EventKind.Unmap:
          this.unmaps++;
          this.byPageSize[batch.pageSizeLog2[row]]++;
          break;
      }
    }
    if (rows === 0) return;
    this.events += rows;
    this.firstNs ??= timeNs[0];
    this.lastNs = timeNs[rows - 1];
  }

  private addCommand(batch: EventBatch, row: number): void {
    const c0Low = batch.cmd0Low[row];
    const opcode = opcodeOf(c0Low);
    this.byOpcode[opcode]++;
    this.opcodesOf(batch.vcpu[row])[opcode]++;
    increment(this.pendingByQueue, batch.queue[row]);
    if (opcode === Opcode.SYNC) increment(this.pendingSyncsByQueue, batch.queue[row]);
    if ((batch.flags[row] & EventFlag.OpcodeOnly) !== 0) return;
    // Words that a reader rebuilt are clean by construction; only recorded ones can break a rule.
    if ((batch.flags[row] & EventFlag.Reconstructed) === 0) this.addReserved(batch, row);
    if (NAMES_SID[opcode] === 1) increment(this.commandsBySid, sidOf(batch.cmd0High[row]));
    if (NAMES_ASID[opcode] === 1) this.byAsid[asidOf(batch.cmd0High[row])]++;
    if (isAddressTlbi(opcode)) increment(this.rangePages, tlbiPages(c0Low, batch.cmd1Low[row]));
  }

  private addReserved(batch: EventBatch, row: number): void {
    const { cmd0Low, cmd0High, cmd1Low, cmd1High } = batch;
    const words = [cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row]] as const;
    for (const rule of reservedCombinations(words)) this.reserved.set(rule, (this.reserved.get(rule) ?? 0) + 1);
  }

  private addDoorbell(vcpu: number, queue: number, timeNs: number): void {
    this.doorbells++;
    increment(this.batchSizes, this.pendingByQueue.get(queue) ?? 0);
    this.pendingByQueue.set(queue, 0);
    increment(this.syncsPerDoorbell, this.pendingSyncsByQueue.get(queue) ?? 0);
    this.pendingSyncsByQueue.set(queue, 0);
    increment(this.doorbellsByVcpu, vcpu);
    this.interArrival.at(vcpu, timeNs);
    this.doorbellNsByVcpu.set(vcpu, timeNs);
  }

  /** A sync-done belongs to the latest doorbell of its vCPU; one without such a doorbell yields no sample. */
  private addSyncDone(vcpu: number, timeNs: number): void {
    this.syncDones++;
    const doorbellNs = this.doorbellNsByVcpu.get(vcpu) ?? NO_DOORBELL;
    if (doorbellNs === NO_DOORBELL) return;
    this.doorbellNsByVcpu.set(vcpu, NO_DOORBELL);
    this.latency.record(vcpu, timeNs - doorbellNs);
  }

  private opcodesOf(vcpu: number): Float64Array {
    let opcodes = this.commandsByVcpu.get(vcpu);
    if (opcodes === undefined) {
      opcodes = new Float64Array(256);
      this.commandsByVcpu.set(vcpu, opcodes);
    }
    return opcodes;
  }

  /**
   * Everything counted, under the names of the document.
   * @param hasClock false when the recording's times mean order only: times and latencies are then null
   */
  counts(hasClock: boolean): CollectedCounts {
    const { firstNs, lastNs } = this;
    const total = sum(this.byOpcode);
    const syncs = this.byOpcode[Opcode.SYNC];
    const timed = hasClock && firstNs !== null && lastNs !== null;
    return {
      events: this.events,
      commands: {
        total,
        unpublished: sum([...this.pendingByQueue.values()]),
        by_opcode: namedCounts(this.byOpcode, opcodeKey),
        by_vcpu: byVcpu(this.commandsByVcpu, sum),
        by_vcpu_opcode: byVcpu(this.commandsByVcpu, (opcodes) => namedCounts(opcodes, opcodeKey)),
        by_sid: sortedCounts(this.commandsBySid, sidKey),
        reserved: Object.fromEntries([...this.reserved].sort()),
      },
      doorbells: this.doorbells,
      batch_sizes: sortedCounts(this.batchSizes, String),
      sync_dones: this.syncDones,
      syncs: {
        total: syncs,
        commands_per_sync: syncs === 0 ? null : (total - syncs) / syncs,
        per_doorbell: sortedCounts(this.syncsPerDoorbell, String),
      },
      doorbells_by_vcpu: sortedCounts(this.doorbellsByVcpu, vcpuKey),
      inter_arrival: hasClock ? this.interArrival.gaps.summary() : null,
      dma: {
        total: this.dmas,
        msi: this.msis,
        by_sid: sortedCounts(this.bySid, sidKey),
        by_outcome: namedCounts(this.byOutcome, (outcome) => OUTCOME_NAMES[outcome] || 'unknown'),
      },
      maps: this.maps,
      unmaps: this.unmaps,
      time: timed
        ? { first_ns: firstNs, last_ns: lastNs, span_ns: lastNs - firstNs }
        : { first_ns: null, last_ns: null, span_ns: null },
      recorded_latency: hasClock ? this.latency.summary() : null,
      page_sizes: namedCounts(this.byPageSize, (log2) => (log2 === 0 ? 'unknown' : String(2 ** log2))),
      asids: namedCounts(this.byAsid, String),
      range_pages: sortedCounts(this.rangePages, String),
    };
  }
}

/** One distribution over all vCPUs and one of each. */
class RecorderByVcpu {
  private readonly all = new LatencyRecorder();
  private readonly ofVcpu = new Map<number, LatencyRecorder>();

  record(vcpu: number, ns: number): void {
    this.all.record(ns);
    this.recordOf(vcpu, ns);
  }

  /** For all vCPUs together only. */
  recordAll(ns: number): void {
    this.all.record(ns);
  }

  recordOf(vcpu: number, ns: number): void {
    let recorder = this.ofVcpu.get(vcpu);
    if (recorder === undefined) {
      recorder = new LatencyRecorder();
      this.ofVcpu.set(vcpu, recorder);
    }
    recorder.record(ns);
  }

  /** null without any sample. */
  summary(): InspectDocument['recorded_latency'] {
    const all = this.all.summary();
    return all.count === 0 ? null : { ...all, by_vcpu: byVcpu(this.ofVcpu, (samples) => samples.summary()) };
  }
}

/** Times between doorbells: from any to the next, and of each vCPU to its own next. */
class GapsByVcpu {
  readonly gaps = new RecorderByVcpu();
  private lastNs = -1;
  private readonly lastNsOf = new Map<number, number>();

  at(vcpu: number, timeNs: number): void {
    if (this.lastNs >= 0) this.gaps.recordAll(timeNs - this.lastNs);
    this.lastNs = timeNs;
    const lastNsOf = this.lastNsOf.get(vcpu);
    if (lastNsOf !== undefined) this.gaps.recordOf(vcpu, timeNs - lastNsOf);
    this.lastNsOf.set(vcpu, timeNs);
  }
}

const vcpuKey = (vcpu: number): string => (vcpu === ABSENT ? 'unknown' : String(vcpu));

const sidKey = (sid: number): string => (sid === ABSENT ? 'unknown' : `0x${sid.toString(16)}`);

const sum = (counts: Iterable<number>): number => {
  let total = 0;
  for (const count of counts) total += count;
  return total;
};

/** What `make` makes of each vCPU, in the order of their numbers. */
function byVcpu<From, To>(of: ReadonlyMap<number, From>, make: (from: From) => To): Record<string, To> {
  const sorted = [...of].sort(([a], [b]) => a - b);
  return Object.fromEntries(sorted.map(([vcpu, from]) => [vcpuKey(vcpu), make(from)]));
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The non-zero counts in index order. */
function namedCounts(counts: Float64Array, nameOf: (index: number) => string): CountsByKey {
  const named: Record<string, number> = {};
  for (let index = 0; index < counts.length; index++) {
    if (counts[index] > 0) named[nameOf(index)] = counts[index];
  }
  return named;
}

/** All counts in the order of their numbers. */
function sortedCounts(counts: ReadonlyMap<number, number>, nameOf: (key: number) => string): CountsByKey {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return Object.fromEntries(sorted.map(([key, count]) => [nameOf(key), count]));
}
