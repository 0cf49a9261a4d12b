/**
 * One `dma` row per translation, joined from the lines that one thread logs for it.
 *
 * Order of lines (traces: DETAILS, facts M §2.1): configuration cache hit or miss; IOTLB lookup hit or miss; on a miss the
 * walk and the insertion; then `translate_success`, or a fault record. Bypass, abort and disabled streams look nothing
 * up. 7.2 prints the looked-up address rounded down to the granule, so the full IOVA is that of the translate line.
 * A log recorded without translate lines ends a translation at the next lookup or command line.
 */
import { ABSENT, Access, EventFlag, EventKind, Outcome } from '../../trace/events.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import { type GuestThread, Stage } from './guest-thread.js';
import { leafSizeLog2, Mappings } from './mappings.js';

/** 4 KiB page of the GICv3 ITS translation register (0x8090040) of QEMU's `virt` machine: writes to it are MSIs. */
const ITS_DOORBELL_PAGE = 0x8090;
/** `stage=` of a translation by stage 2 alone. */
const STAGE_2 = 2;

/** Emits `dma` rows. */
export class TranslationJoin {
  private readonly mappings = new Mappings();
  /** True once a `translate_success` line was seen: every translation will then have a result line. */
  private hasResultLines = false;

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
  ) {}

  /** `smmuv3_config_cache_hit` or `_miss`: a translation begins. */
  configured(thread: GuestThread, sid: number, hit: boolean): void {
    this.close(thread);
    thread.stage = Stage.Configured;
    thread.streamId = sid;
    thread.configFlag = hit ? EventFlag.ConfigHit : EventFlag.ConfigMiss;
    thread.descriptorGranuleLog2 = 0;
  }

  /** `smmuv3_decode_cd_tt` of the first table: the granule of the address space that the next lookup names. */
  descriptor(thread: GuestThread, granuleLog2: number): void {
    thread.descriptorGranuleLog2 = granuleLog2;
  }

  /** `smmu_iotlb_lookup_hit` or `_miss`. */
  lookedUp(
    thread: GuestThread,
    hit: boolean,
    asid: number,
    vmid: number,
    page: number,
    offset: number,
    timeNs: number,
    line: number,
  ): void {
    if (thread.stage === Stage.LookedUp) {
      // A nested walk looks up the stage-2 translations of its tables (ASID -1) inside the translation proper, before
      // or during its walk; only the lookup with an ASID is the device's.
      if (asid < 0 && thread.lookupAsid >= 0 && !thread.lookupHit) return;
      const hasOwnLines = this.hasResultLines || thread.configFlag !== 0;
      const isInner = thread.lookupAsid < 0 && asid >= 0 && hasOwnLines;
      if (!isInner) this.close(thread);
    }
    if (thread.stage === Stage.Idle || thread.stage === Stage.Written) this.forgetConfiguration(thread);
    if (thread.descriptorGranuleLog2 > 0 && asid >= 0) {
      this.mappings.setGranule(asid, vmid, thread.descriptorGranuleLog2);
      thread.descriptorGranuleLog2 = 0;
    }
    thread.stage = Stage.LookedUp;
    thread.lookupHit = hit;
    thread.lookupAsid = asid;
    thread.lookupVmid = vmid;
    thread.lookupPage = page;
    thread.lookupOffset = offset;
    thread.lookupTimeNs = timeNs;
    thread.lookupLine = line;
    thread.insertedGranuleLog2 = 0;
    thread.insertedSizeLog2 = 0;
    thread.walkFailed = false;
  }

  /** `smmu_iotlb_insert`. */
  inserted(thread: GuestThread, asid: number, vmid: number, page: number, granuleLog2: number, level: number): void {
    const sizeLog2 = leafSizeLog2(granuleLog2, level);
    this.mappings.insert(asid, vmid, page, granuleLog2, sizeLog2);
    if (thread.stage !== Stage.LookedUp || asid !== thread.lookupAsid) return;
    thread.insertedGranuleLog2 = granuleLog2;
    thread.insertedSizeLog2 = sizeLog2;
  }

  /** `smmuv3_translate_success`. */
  succeeded(
    thread: GuestThread,
    sid: number,
    page: number,
    offset: number,
    targetPage: number,
    stage: number,
    timeNs: number,
    line: number,
  ): void {
    this.hasResultLines = true;
    const before = thread.stage;
    thread.stage = Stage.Idle;
    if (before === Stage.Written) return;
    thread.streamId = sid;
    let flags = targetPage === ITS_DOORBELL_PAGE ? EventFlag.Msi : 0;
    if (stage === STAGE_2) flags |= EventFlag.Stage2;
    if (before === Stage.LookedUp) {
      const outcome = thread.lookupHit ? Outcome.Hit : Outcome.Miss;
      this.emitLookup(thread, outcome, page, offset, flags);
    } else {
      if (before === Stage.Idle) thread.configFlag = 0;
      this.emit(thread, Outcome.Unknown, page, offset, flags, timeNs, line);
    }
  }

  /** `smmuv3_translate_bypass`, `_abort` or `_disable`: no lookup takes place. */
  notTranslated(
    thread: GuestThread,
    outcome: number,
    sid: number,
    page: number,
    offset: number,
    timeNs: number,
    line: number,
  ): void {
    if (thread.stage === Stage.LookedUp) this.close(thread);
    if (thread.stage !== Stage.Configured) thread.configFlag = 0;
    thread.stage = Stage.Idle;
    thread.streamId = sid;
    // An untranslated access reaches the address that it names.
    const isMsi = outcome !== Outcome.Abort && page === ITS_DOORBELL_PAGE;
    this.emit(thread, outcome, page, offset, isMsi ? EventFlag.Msi : 0, timeNs, line);
  }

  /** `smmuv3_record_event`: the translation failed. */
  faulted(thread: GuestThread, sid: number, line: number): void {
    const before = thread.stage;
    thread.stage = Stage.Idle;
    if (before === Stage.Written) return;
    if (before === Stage.LookedUp) {
      thread.streamId = sid;
      // A hit whose permission does not suffice faults too, but it was a hit: nothing was walked.
      const outcome = thread.lookupHit ? Outcome.Hit : Outcome.Fault;
      this.emitLookup(thread, outcome, thread.lookupPage, thread.lookupOffset, 0);
    } else {
      addNote(this.statistics, line, 'fault without a lookup: its address is not in the log, no dma event made');
    }
  }

  /**
   * `thread` consumes commands: a translation that it had begun itself is over, and without result lines that of any
   * other thread too. In a log without thread ids a line may belong to another thread, so nothing follows from it.
   */
  commandSeenBy(thread: GuestThread, threads: Iterable<GuestThread>): void {
    if (this.hasResultLines) {
      if (thread.hasOwnId) this.close(thread);
      return;
    }
    for (const any of threads) {
      if (any.stage !== Stage.LookedUp) continue;
      this.close(any);
      any.stage = Stage.Written;
    }
  }

  /** End a translation whose result line did not come; what is known decides the outcome. */
  close(thread: GuestThread): void {
    const { stage } = thread;
    thread.stage = Stage.Idle;
    if (stage !== Stage.LookedUp) return;
    let outcome: number = thread.lookupHit ? Outcome.Hit : Outcome.Miss;
    const isIncomplete = !thread.lookupHit && thread.insertedSizeLog2 === 0;
    if (thread.walkFailed || (isIncomplete && this.mappings.hasInsertions)) outcome = Outcome.Fault;
    this.emitLookup(thread, outcome, thread.lookupPage, thread.lookupOffset, 0);
  }

  private forgetConfiguration(thread: GuestThread): void {
    thread.streamId = ABSENT;
    thread.configFlag = 0;
  }

  private emitLookup(thread: GuestThread, outcome: number, page: number, offset: number, flags: number): void {
    const { lookupAsid: asid, lookupVmid: vmid } = thread;
    const stageFlag = asid < 0 && vmid >= 0 ? EventFlag.Stage2 : 0;
    const batch = this.emit(thread, outcome, page, offset, flags | stageFlag, thread.lookupTimeNs, thread.lookupLine);
    const { row } = this.sink;
    batch.asid[row] = asid;
    batch.vmid[row] = vmid;
    batch.granuleLog2[row] = thread.insertedGranuleLog2 || this.mappings.granuleLog2(asid, vmid);
    if (outcome === Outcome.Hit) batch.pageSizeLog2[row] = this.mappings.sizeLog2At(asid, vmid, page);
    else if (outcome === Outcome.Miss) batch.pageSizeLog2[row] = thread.insertedSizeLog2;
  }

  private emit(
    thread: GuestThread,
    outcome: number,
    page: number,
    offset: number,
    flags: number,
    timeNs: number,
    line: number,
  ) {
    const batch = this.sink.append(EventKind.Dma, timeNs, line);
    const { row } = this.sink;
    batch.sid[row] = thread.streamId;
    batch.iovaPage[row] = page;
    batch.iovaOffset[row] = offset;
    batch.outcome[row] = outcome;
    batch.flags[row] = flags | thread.configFlag;
    // QEMU does not tell reads from writes, but a message-signalled interrupt is a write by nature.
    if ((flags & EventFlag.Msi) !== 0) batch.access[row] = Access.Write;
    return batch;
  }
}
