/**
 * The miss-ratio curve of a trace: misses of a fully associative LRU TLB of every size, from one pass, with the guest's
 * own invalidations.
 *
 * Source: facts M §5.2 O15 (stack distances), O16 (holes). An access misses in a cache of C entries exactly when its
 * distance is above C. An access to a translation that was never used, or was invalidated since, misses at every size.
 *
 * A translation is (ASID, VMID, page or block at its own size). A row that gives no page size (a recorded hit) uses the
 * live block that covers its address, else one granule. Commands take effect at the doorbell that publishes them; an
 * address invalidation removes every page and block that its range overlaps.
 */
import { asidOf, opcodeOf, pageOfCommand, tgOf, tlbiPages, vmidOf } from '../../trace/command.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { granuleLog2OfTg, PAGE_SHIFT } from '../../trace/units.js';
import { AddressContexts } from './address-contexts.js';
import type { MrcResult } from './document.js';
import { firstPageOf, LivePages } from './live-pages.js';
import { LruStack } from './lru-stack.js';
import { type CommandSink, PendingCommands } from './pending-commands.js';

/** One size on the curve. JSON of `results[].points[]`. */
export interface CurvePoint {
  readonly entries: number;
  readonly misses: number;
  readonly miss_ratio: number;
}

/** What to leave out. */
export interface MissRatioCurveOptions {
  /** Leave out message-signalled interrupts. */
  readonly skipMsi?: boolean;
  /** Events at the start that fill the stack and do not count (default 0). */
  readonly warmup?: number;
}

const NO_SLOT = -1;
const ANY = -1;
/** Up to so many sizes at which the curve drops are listed beside the powers of two. */
const MAX_KNEES = 32;

/** Consumes a trace and answers for any size. */
export class MissRatioCurve {
  /** Translations counted: hits and misses of the curve. */
  accesses = 0;
  /** Accesses that miss at every size: first uses, and first uses after an invalidation. */
  coldMisses = 0;
  /** Faulting translations: they miss at every size and fill nothing. Not among the accesses. */
  faults = 0;
  /** Rows without a translation (bypass, abort, SMMU off). Not among the accesses. */
  untranslated = 0;
  /** Interrupts left out. Not among the accesses. */
  skippedMsi = 0;
  readonly #skipsMsi: boolean;
  /** Events until the warm-up ends. */
  #warmupLeft: number;
  readonly #stack = new LruStack();
  readonly #live: LivePages;
  readonly #contexts = new AddressContexts();
  readonly #pending = new PendingCommands();
  readonly #apply: CommandSink = (c0Low, c0High, c1Low, c1High) => this.#execute(c0Low, c0High, c1Low, c1High);
  /** `#reuses[d]`: accesses at distance d. */
  #reuses = new Float64Array(1024);
  #maxDistance = 0;

  constructor(options: MissRatioCurveOptions = {}) {
    this.#skipsMsi = options.skipMsi ?? false;
    this.#warmupLeft = options.warmup ?? 0;
    this.#live = new LivePages((slot) => this.#stack.remove(slot));
  }

  /** Largest finite distance: a TLB of so many entries has only the cold misses. */
  get maxDistance(): number {
    return this.#maxDistance;
  }

  /** Commands that no doorbell has published, which were never executed. */
  get unpublishedCommands(): number {
    return this.#pending.count;
  }

  /** Take the next batch of the trace. */
  consume(batch: EventBatch): void {
    const warmup = Math.min(this.#warmupLeft, batch.count);
    this.#consumeRows(batch, 0, warmup);
    this.#warmupLeft -= warmup;
    if (warmup > 0) this.#forgetCounts();
    this.#consumeRows(batch, warmup, batch.count);
  }

  /** What was counted so far belongs to the warm-up. */
  #forgetCounts(): void {
    this.accesses = 0;
    this.coldMisses = 0;
    this.faults = 0;
    this.untranslated = 0;
    this.skippedMsi = 0;
    this.#reuses.fill(0);
    this.#maxDistance = 0;
  }

  #consumeRows(batch: EventBatch, from: number, until: number): void {
    const { kind, flags, queue, cmd0Low, cmd0High, cmd1Low, cmd1High } = batch;
    for (let row = from; row < until; row++) {
      if (kind[row] === EventKind.Dma) this.#translate(batch, row);
      else if (kind[row] === EventKind.Cmd) {
        if ((flags[row] & EventFlag.OpcodeOnly) !== 0 && needsOperands(cmd0Low[row])) continue;
        this.#pending.push(queue[row], cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row]);
      } else if (kind[row] === EventKind.Doorbell) {
        this.#pending.publish(queue[row], this.#apply);
      }
    }
  }

  /** What the curve says of the trace called `trace`; sizes as for `points`. */
  result(trace: string, sizes: readonly number[] = []): MrcResult {
    return {
      trace,
      accesses: this.accesses,
      cold_misses: this.coldMisses,
      max_distance: this.maxDistance,
      faults: this.faults,
      untranslated: this.untranslated,
      msi_left_out: this.skippedMsi,
      unpublished_commands: this.unpublishedCommands,
      points: sizes.length === 0 ? this.points() : this.points(sizes),
    };
  }

  /** Misses of a TLB of `entries` entries. */
  misses(entries: number): number {
    let hits = 0;
    const last = Math.min(entries, this.#maxDistance);
    for (let distance = 1; distance <= last; distance++) hits += this.#reuses[distance];
    return this.accesses - hits;
  }

  /**
   * The curve at `sizes`, in ascending order. Without sizes: powers of two up to the first that has only cold misses,
   * and, if there are few, every size at which the curve drops.
   */
  points(sizes: readonly number[] = this.#defaultSizes()): CurvePoint[] {
    const points: CurvePoint[] = [];
    let hits = 0;
    let distance = 0;
    for (const entries of [...new Set(sizes)].sort((a, b) => a - b)) {
      while (distance < Math.min(entries, this.#maxDistance)) hits += this.#reuses[++distance];
      const misses = this.accesses - hits;
      points.push({ entries, misses, miss_ratio: this.accesses === 0 ? 0 : misses / this.accesses });
    }
    return points;
  }

  #defaultSizes(): number[] {
    const sizes = [1];
    while (sizes[sizes.length - 1] < this.#maxDistance) sizes.push(sizes[sizes.length - 1] * 2);
    const knees: number[] = [];
    for (let distance = 1; distance <= this.#maxDistance; distance++) {
      if (this.#reuses[distance] > 0 && knees.push(distance) > MAX_KNEES) return sizes;
    }
    return sizes.concat(knees);
  }

  #translate(batch: EventBatch, row: number): void {
    const outcome = batch.outcome[row];
    if (this.#skipsMsi && (batch.flags[row] & EventFlag.Msi) !== 0) {
      this.skippedMsi++;
    } else if (outcome === Outcome.Fault) {
      this.faults++;
    } else if (outcome >= Outcome.Bypass) {
      this.untranslated++;
    } else {
      const isStage2 = (batch.flags[row] & EventFlag.Stage2) !== 0;
      const context = this.#contexts.numberOf(batch.asid[row], batch.vmid[row], isStage2);
      this.#access(context, batch.iovaPage[row], batch.pageSizeLog2[row], batch.granuleLog2[row]);
    }
  }

  #access(context: number, page: number, pageSizeLog2: number, granuleLog2: number): void {
    this.accesses++;
    const sizeLog2 = pageSizeLog2 || granuleLog2 || PAGE_SHIFT;
    const base = firstPageOf(page, sizeLog2);
    const slot = pageSizeLog2 === 0 ? this.#live.findCovering(context, page) : this.#live.find(context, base, sizeLog2);
    if (slot === NO_SLOT) {
      this.coldMisses++;
      this.#stack.insert(this.#live.add(context, base, sizeLog2));
      return;
    }
    const distance = this.#stack.reuse(slot);
    if (distance > this.#maxDistance) this.#reach(distance);
    this.#reuses[distance]++;
  }

  #reach(distance: number): void {
    this.#maxDistance = distance;
    if (distance < this.#reuses.length) return;
    const larger = new Float64Array(Math.max(distance + 1, this.#reuses.length * 2));
    larger.set(this.#reuses);
    this.#reuses = larger;
  }

  /** A published command takes effect. EL2 and EL3 TLBIs name translations that a guest's devices never use. */
  #execute(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    switch (opcodeOf(c0Low)) {
      case Opcode.TLBI_NH_VA:
        this.#invalidateRange(asidOf(c0High), c0Low, c0High, c1Low, c1High);
        return;
      case Opcode.TLBI_NH_VAA:
      case Opcode.TLBI_S2_IPA:
        this.#invalidateRange(ANY, c0Low, c0High, c1Low, c1High);
        return;
      case Opcode.TLBI_NH_ASID:
        this.#invalidateStage1(asidOf(c0High), vmidOf(c0High));
        return;
      case Opcode.TLBI_NH_ALL:
        this.#invalidateStage1(ANY, vmidOf(c0High));
        return;
      case Opcode.TLBI_S12_VMALL:
        for (let context = 0; context < this.#contexts.count; context++) {
          if (this.#contexts.isOfVmid(context, vmidOf(c0High))) this.#live.removeContext(context);
        }
        return;
      case Opcode.TLBI_NSNH_ALL:
        for (let context = 0; context < this.#contexts.count; context++) this.#live.removeContext(context);
        return;
      default:
        return;
    }
  }

  #invalidateStage1(asid: number, vmid: number): void {
    for (let context = 0; context < this.#contexts.count; context++) {
      if (this.#contexts.isStage1Of(context, asid, vmid)) this.#live.removeContext(context);
    }
  }

  #invalidateRange(asid: number, c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const isIpa = opcodeOf(c0Low) === Opcode.TLBI_S2_IPA;
    const vmid = vmidOf(c0High);
    // Address bits below the granule are not part of the command's address.
    const first = firstPageOf(pageOfCommand(c1Low, c1High), granuleLog2OfTg(tgOf(c1Low)));
    const pages = tlbiPages(c0Low, c1Low);
    for (let context = 0; context < this.#contexts.count; context++) {
      const isNamed = isIpa ? this.#contexts.isStage2Of(context, vmid) : this.#contexts.isStage1Of(context, asid, vmid);
      if (isNamed) this.#live.removeRange(context, first, pages);
    }
  }
}

/** Can the command not be executed when only its opcode was recorded? */
function needsOperands(c0Low: number): boolean {
  const opcode = opcodeOf(c0Low);
  return opcode !== Opcode.TLBI_NSNH_ALL && opcode !== Opcode.TLBI_NH_ALL;
}
