/**
 * A Linux guest as a writer of events: maps, translations and unmaps, and for each what the SMMUv3 driver puts into the
 * command queue (facts L §2). The encoders are those of src/guest/driver, which the tests hold against the driver's tables.
 *
 * Times are those of an imagined machine: how long a SYNC takes (SYNC_NS) is an estimate. A replay with closed pacing
 * replaces it by what the model says.
 */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { BatchSink } from '../../trace/batch-sink.js';
import { ATC_SIZE_ALL, type CommandFields, type CommandWords, encodeCommand } from '../../trace/command.js';
import { Access, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { PAGE_BYTES, PAGE_SHIFT } from '../../trace/units.js';
import { atcSpan } from '../driver/atc-rounding.js';
import type { Invalidator } from '../driver/eras.js';
import type { FlushQueue } from '../driver/flush-queue.js';
import { expandPages } from '../driver/page-expander.js';
import { encodeRange } from '../driver/range-encoder.js';
import { type InvalidationRequest, nhVaWords } from '../driver/tlbi.js';
import type { GenerateSettings, Program } from './workload.js';

/** From doorbell to seen completion, ns: an estimate of the order of an emulated queue. */
const SYNC_NS = 2_500;
/** CMDQ_BATCH_ENTRIES (facts L §2.4). */
const BATCH_COMMANDS = 64;
/** How often a domain's timer program looks whether it has been armed, ns: a tenth of the flush queue's timeout. */
const TIMER_POLL_NS = 1_000_000;

/** Pages of the 32-bit space, in which Linux allocates IOVAs first, and of the space beyond it. */
const LOW_PAGES = 2 ** 20;
const HIGH_PAGES = 2 ** 36;

/** One past the highest page of an IOVA space in which `pages` 4 KiB pages are in use; IOVAs are handed out downward. */
export function iovaTop(pages: number): number {
  return pages < LOW_PAGES ? LOW_PAGES : HIGH_PAGES;
}

/** A device function. */
export interface Device {
  readonly sid: number;
  readonly hasAts: boolean;
}

/** A translation domain: an ASID, and the streams that are in it. */
export interface Domain {
  readonly asid: number;
  /** PASID of a shared address space (SVA); undefined: the devices' own DMA. */
  readonly ssid?: number | undefined;
  readonly devices: Device[];
  /** Present in lazy mode. */
  readonly flushQueue?: FlushQueue | undefined;
}

/** The guest of one trace. */
export class Guest {
  readonly sink = new BatchSink();
  readonly devices: readonly Device[];
  nowNs = 0;
  /** True when the trace is long enough: programs finish what they are doing. */
  isOver = false;
  /** Events so far. */
  events = 0;
  private readonly random;
  private readonly hasRil: boolean;
  /** vCPU whose unmap armed each domain's timer. */
  private readonly armedBy = new Map<Domain, number>();

  constructor(readonly settings: GenerateSettings) {
    this.random = xoroshiro128plus(settings.seed);
    this.hasRil = this.choice('ril', 'on') === 'on';
    const hasAts = this.choice('ats', 'off') === 'on';
    this.devices = Array.from({ length: settings.devices }, (_, i) => ({ sid: 8 * (i + 1), hasAts }));
  }

  /** A random integer from `least` to `most`. */
  int(least: number, most: number): number {
    return uniformInt(this.random, least, most);
  }

  /** An integer parameter of the workload. */
  number(key: string): number {
    return Number(this.settings.parameters.get(key));
  }

  /** A choice parameter of the workload; `byDefault` for one that it does not have. */
  choice(key: string, byDefault: string): string {
    return String(this.settings.parameters.get(key) ?? byDefault);
  }

  /** The guest maps `pages` 4 KiB pages, in blocks of 2^`sizeLog2` bytes. */
  map(domain: Domain, page: number, pages: number, sizeLog2 = PAGE_SHIFT): void {
    this.mapping(EventKind.Map, domain, page, pages, sizeLog2);
  }

  /** `device` reads or writes somewhere in 4 KiB page `page`, which a page or block of 2^`sizeLog2` bytes maps. */
  dma(device: Device, domain: Domain, page: number, isWrite: boolean, sizeLog2 = PAGE_SHIFT): void {
    const batch = this.append(EventKind.Dma);
    const { row } = this.sink;
    batch.sid[row] = device.sid;
    if (domain.ssid !== undefined) batch.ssid[row] = domain.ssid;
    batch.asid[row] = domain.asid;
    batch.iovaPage[row] = page;
    batch.pageSizeLog2[row] = sizeLog2;
    batch.granuleLog2[row] = PAGE_SHIFT;
    batch.access[row] = isWrite ? Access.Write : Access.Read;
  }

  /** Unmap by the DMA API: strict, or put off where the domain has a flush queue. */
  *unmap(vcpu: number, domain: Domain, page: number, pages: number, sizeLog2 = PAGE_SHIFT): Program {
    this.mapping(EventKind.Unmap, domain, page, pages, sizeLog2);
    const { flushQueue } = domain;
    if (flushQueue === undefined) {
      const request = { page, bytes: pages * PAGE_BYTES, granuleLog2: sizeLog2, leaf: true };
      yield* this.invalidate(vcpu, domain, request, 'dma');
      return;
    }
    if (flushQueue.expiryNs === Number.POSITIVE_INFINITY) this.armedBy.set(domain, vcpu);
    if (flushQueue.unmap(this.nowNs, vcpu) !== undefined) yield* this.flushContext(vcpu, domain);
  }

  /** A shared address space changes: the mm notifier, non-leaf and page by page (L §2.1). */
  *munmap(vcpu: number, domain: Domain, page: number, pages: number): Program {
    this.mapping(EventKind.Unmap, domain, page, pages, PAGE_SHIFT);
    const request = { page, bytes: pages * PAGE_BYTES, granuleLog2: PAGE_SHIFT, leaf: false };
    yield* this.invalidate(vcpu, domain, request, 'sva');
  }

  /** The timer of a domain's flush queue. */
  *timer(domain: Domain): Program {
    const { flushQueue } = domain;
    if (flushQueue === undefined) return;
    while (!this.isOver || flushQueue.queued > 0) {
      if (flushQueue.expiryNs <= this.nowNs) {
        flushQueue.expire();
        yield* this.flushContext(this.armedBy.get(domain) ?? 0, domain);
      } else yield Math.min(flushQueue.expiryNs - this.nowNs, TIMER_POLL_NS);
    }
  }

  /** TLBIs of a range (or of the ASID, from the era's threshold on) and SYNC; with ATS then ATC_INVs and SYNC. */
  *invalidate(vcpu: number, domain: Domain, request: InvalidationRequest, invalidator: Invalidator): Program {
    yield* this.submit(vcpu, this.tlbis(domain, request, invalidator));
    const { page, sizeLog2 } = atcSpan(request.page, request.bytes / PAGE_BYTES);
    yield* this.invalidateAtcs(vcpu, domain, page, sizeLog2);
  }

  /** Everything of the domain: TLBI_NH_ASID and SYNC, with ATS then ATC_INVs of everything and SYNC. */
  *flushContext(vcpu: number, domain: Domain): Program {
    yield* this.submit(vcpu, [encodeCommand(Opcode.TLBI_NH_ASID, { ASID: domain.asid })]);
    yield* this.invalidateAtcs(vcpu, domain, 0, ATC_SIZE_ALL);
  }

  /** `device` enters `domain`: what kernels 6.1 and 6.12 were recorded doing, and ATC_INV of everything with ATS. */
  *attach(vcpu: number, device: Device, domain: Domain): Program {
    const { sid } = device;
    if (this.settings.era === 'before-6.6') {
      // Its context descriptor is written while it has no stream yet: two SYNCs alone.
      yield* this.submit(vcpu, []);
      yield* this.submit(vcpu, []);
      yield* this.writeStreamTableEntry(vcpu, sid, 2);
    } else {
      yield* this.writeContextDescriptor(vcpu, sid);
      yield* this.writeStreamTableEntry(vcpu, sid, 2);
    }
    domain.devices.push(device);
    if (device.hasAts) yield* this.submit(vcpu, [atcInv(device, domain, 0, ATC_SIZE_ALL)]);
    yield* this.submit(vcpu, [encodeCommand(Opcode.TLBI_NH_ASID, { ASID: domain.asid })]);
  }

  /** `device` leaves `domain`. */
  *detach(vcpu: number, device: Device, domain: Domain): Program {
    const { sid } = device;
    if (this.settings.era === 'before-6.6') yield* this.submit(vcpu, [cfgiSte(sid)]);
    else {
      yield* this.writeStreamTableEntry(vcpu, sid, 2);
      yield* this.writeContextDescriptor(vcpu, sid);
    }
    domain.devices.splice(domain.devices.indexOf(device), 1);
    if (device.hasAts) yield* this.submit(vcpu, [atcInv(device, domain, 0, ATC_SIZE_ALL)]);
    yield* this.submit(vcpu, [encodeCommand(Opcode.TLBI_NH_ASID, { ASID: domain.asid })]);
  }

  /** Put `commands` and a SYNC into the queue, full batches without one, and wait until it is seen complete. */
  *submit(vcpu: number, commands: readonly CommandWords[]): Program {
    let inBatch = 0;
    for (const words of commands) {
      if (inBatch === BATCH_COMMANDS) {
        this.doorbell(vcpu);
        inBatch = 0;
      }
      this.command(vcpu, words);
      inBatch++;
    }
    this.command(vcpu, SYNC);
    this.doorbell(vcpu);
    yield SYNC_NS;
    this.append(EventKind.SyncDone);
    this.sink.batch.vcpu[this.sink.row] = vcpu;
  }

  /** Write one command. */
  command(vcpu: number, words: CommandWords): void {
    this.sink.command(this.nowNs, ++this.events, vcpu, 0, words);
  }

  /** Publish what was written. */
  doorbell(vcpu: number): void {
    this.append(EventKind.Doorbell);
    this.sink.batch.vcpu[this.sink.row] = vcpu;
  }

  private tlbis(domain: Domain, request: InvalidationRequest, invalidator: Invalidator): CommandWords[] {
    const { asid } = domain;
    if (this.hasRil) return encodeRange(request, PAGE_SHIFT).map((tlbi) => nhVaWords(tlbi, asid));
    const expansion = expandPages(request, this.settings.era, invalidator);
    if (expansion.kind === 'asid-wide') return [encodeCommand(Opcode.TLBI_NH_ASID, { ASID: asid })];
    return expansion.commands.map((tlbi) => nhVaWords(tlbi, asid));
  }

  private *invalidateAtcs(vcpu: number, domain: Domain, page: number, sizeLog2: number): Program {
    const devices = domain.devices.filter((device) => device.hasAts);
    if (devices.length === 0) return;
    yield* this.submit(
      vcpu,
      devices.map((device) => atcInv(device, domain, page, sizeLog2)),
    );
  }

  /** Each of `steps` writes ends in CFGI_STE and SYNC; one PREFETCH_CONFIG without a SYNC follows (L §2, attach). */
  private *writeStreamTableEntry(vcpu: number, sid: number, steps: number): Program {
    for (let step = 0; step < steps; step++) yield* this.submit(vcpu, [cfgiSte(sid)]);
    this.command(vcpu, encodeCommand(Opcode.PREFETCH_CONFIG, { SID: sid }));
    this.doorbell(vcpu);
  }

  private *writeContextDescriptor(vcpu: number, sid: number): Program {
    const words = encodeCommand(Opcode.CFGI_CD, { SID: sid, LEAF: 1 });
    yield* this.submit(vcpu, [words]);
    yield* this.submit(vcpu, [words]);
  }

  private mapping(kind: EventKind, domain: Domain, page: number, pages: number, sizeLog2: number): void {
    const batch = this.append(kind);
    const { row } = this.sink;
    batch.asid[row] = domain.asid;
    batch.iovaPage[row] = page;
    batch.pageSizeLog2[row] = sizeLog2;
    batch.pages[row] = pages / 2 ** (sizeLog2 - PAGE_SHIFT);
  }

  private append(kind: EventKind) {
    return this.sink.append(kind, this.nowNs, ++this.events);
  }
}

const SYNC = encodeCommand(Opcode.SYNC);

function cfgiSte(sid: number): CommandWords {
  return encodeCommand(Opcode.CFGI_STE, { SID: sid, LEAF: 1 });
}

function atcInv({ sid }: Device, { ssid }: Domain, page: number, sizeLog2: number): CommandWords {
  const fields: CommandFields = { SID: sid, ADDR: page, SIZE: sizeLog2 };
  if (ssid !== undefined) {
    fields.SSV = 1;
    fields.SSID = ssid;
  }
  return encodeCommand(Opcode.ATC_INV, fields);
}
