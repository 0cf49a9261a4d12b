/**
 * The translation side of one SMMU and of the ATCs in front of it: the façade that a replay drives.
 *
 * It applies effects and says what an unloaded translation costs; time and waiting are the caller's business.
 *
 * How a replay drives it:
 *
 *     const smmu = new Smmu(profile, { seed, atcEntries: (sid) => topology.hasAts(sid) ? 64 : 0 });
 *     smmu.access.eventNumber = row;                      // before each translate: named in violations
 *     ns = smmu.translate(sid, ssid, asid, vmid, page, pageSizeLog2, granuleLog2, Stage.Default, fault);
 *     smmu.markStale(c0Low, c0High, c1Low, c1High, number, queue);   // the guest publishes command `number`
 *     removed = smmu.execute(c0Low, c0High, c1Low, c1High, targetSid);   // one host command takes effect
 *     smmu.syncSeen(number, queue);                       // the guest has seen a SYNC behind command `number`
 *
 * Contract:
 * - guest commands are numbered upwards within a queue, in the order of their publication; `markStale` comes before any
 *   host command that serves them, and `syncSeen` after all of them have taken effect;
 * - commands carry the VMID and SIDs under which `translate` files its entries (after the host's rewriting);
 * - an absent VMID (−1) counts as 0; an absent ASID as 0 if stage 1 translates;
 * - one translation: [ATC →] uTLB → main TLB → link → configuration → shared TLB → walk → link back (facts M §1.4).
 */
import type { CacheSettings } from '../profiles/cache-parameters.js';
import { Access } from './access.js';
import { Answer, HitLevel } from './answer.js';
import { ContextTable } from './cache/context-table.js';
import { PendingCommands } from './causes/pending-commands.js';
import { CommandEffects } from './command-effects.js';
import { Configuration, NO_DESCRIPTOR, NOT_NESTED } from './configuration.js';
import { COUNTERS, STRUCTURE_NAMES } from './counters.js';
import { Devices } from './devices.js';
import { LARGEST_LOG2, pageHigh, pageLow } from './page.js';
import { StaleUse } from './safety/stale-use.js';
import type { SmmuOptions } from './smmu-options.js';
import { STAGE_BY_NAME, Stage } from './stage.js';
import { Streams } from './streams.js';
import { createConfigCache } from './structures/config-cache.js';
import { createIpaCache } from './structures/ipa-cache.js';
import type { CommonParts } from './structures/parts.js';
import { createSharedTlb } from './structures/shared-tlb.js';
import type { Structure } from './structures/structure.js';
import { Tbu } from './structures/tbu.js';
import { WalkCache } from './structures/walk-cache.js';
import { Walker } from './walk.js';

const NONE = -1;

export class Smmu {
  /** Translations asked for, and those of them that faulted in a walk. */
  translations = 0;
  faults = 0;
  /** Table walks begun, and PCIe translation requests sent. */
  walks = 0;
  atsRequests = 0;
  readonly access = new Access();
  /** How the last translation was answered. */
  readonly answer = new Answer();
  readonly tbus: Tbu[] = [];
  readonly tcu: Structure | null;
  readonly walkS1: WalkCache | null;
  readonly walkS2: WalkCache | null;
  readonly ipa: Structure | null;
  readonly devices: Devices;
  readonly configuration: Configuration;
  readonly walker: Walker;
  readonly staleUse: StaleUse | null;
  private readonly common: CommonParts;
  private readonly options: SmmuOptions;
  /** What commands do to the structures. */
  readonly commands: CommandEffects;
  private readonly streams: Streams;
  /** TBU and device row by stream row. */
  private readonly tbuOfStream: Tbu[] = [];
  private readonly deviceOfStream: number[] = [];
  /** There is one TBU, and the shared TLB has its mappings. */
  private readonly sharesMappings: boolean;
  private readonly defaultStage: Stage;
  private readonly isConfigFirst: boolean;
  private readonly portsNs: number;
  private readonly linksNs: number;
  private readonly atsRequestNs: number;
  private readonly s2PageLog2: number;
  /** The stream of the last translation (row in `streams`) and its stage, with what `select` knows of them. */
  private selected = NONE;
  private selectedStage: Stage = Stage.Default;
  private actualStage: Stage = Stage.Default;
  private context = NONE;
  private tbu: Tbu;
  private atc: Structure | null = null;
  /** log2 of the largest entry that a fill may make. */
  private largestLog2 = LARGEST_LOG2;
  /** Sizes of the last translation as they were given; NONE: those in `access` are of another stream. */
  private askedSizeLog2 = NONE;
  private askedGranuleLog2 = NONE;
  /** For an ATC: log2 of the size of the last translation's entry; 0: it faulted. */
  private resultLog2 = 0;

  constructor(settings: CacheSettings, options: SmmuOptions = {}) {
    this.options = options;
    const pending = options.causes === false ? null : new PendingCommands();
    this.staleUse = options.safety === false ? null : new StaleUse();
    this.common = {
      settings,
      access: this.access,
      translations: new ContextTable(),
      streams: new ContextTable(),
      pending,
      staleUse: this.staleUse,
      seed: options.seed ?? 1,
    };
    this.devices = new Devices(this.common, options.atcEntries);
    this.streams = new Streams(this.common.translations, this.common.streams);
    this.walkS1 = WalkCache.create(this.common, 1);
    this.walkS2 = WalkCache.create(this.common, 2);
    this.ipa = createIpaCache(this.common);
    this.walker = new Walker(settings, { walkS1: this.walkS1, walkS2: this.walkS2, ipa: this.ipa }, this.access);
    this.configuration = new Configuration(settings, createConfigCache(this.common), this.walker);
    this.tbu = new Tbu(this.common);
    this.tbus.push(this.tbu);
    this.sharesMappings = options.tbuOf === undefined;
    this.tcu = createSharedTlb(this.common, this.sharesMappings ? this.tbus[0].mappings : undefined);
    if (this.sharesMappings) this.tbus[0].shared = this.tcu;
    const isTtlStrict = settings.text('smmu.ttl') === 'strict';
    this.commands = new CommandEffects(this, this.sharesMappings ? null : this.tcu, pending, isTtlStrict);
    this.defaultStage = STAGE_BY_NAME[settings.text('walk.stage')];
    this.isConfigFirst = settings.flag('cache.config.first');
    this.portsNs = settings.number('link.device_port_ns') + settings.number('link.request_port_ns');
    this.linksNs = settings.number('link.tbu_tcu_ns') + settings.number('link.tcu_tbu_ns');
    this.atsRequestNs = settings.number('atc.ats_request_ns');
    this.s2PageLog2 = settings.number('walk.s2_page_log2');
  }

  /**
   * Translate one 4 KiB page for a stream: look every structure up in order, fill on the way back, count. `pageSizeLog2`
   * is the size of the mapping (0 = unknown: the granule), `granuleLog2` that of the tables (0 = 4 KiB). A translation
   * that faults fills nothing but its configuration. Returns its unloaded latency in ns.
   */
  translate(
    sid: number,
    ssid: number,
    asid: number,
    vmid: number,
    page: number,
    pageSizeLog2: number,
    granuleLog2: number,
    stage: Stage,
    fault: boolean,
  ): number {
    this.selectStream(this.streamOf(sid, ssid, asid, vmid, stage), pageSizeLog2, granuleLog2, stage);
    return this.translatePage(page, fault);
  }

  /**
   * What the next calls of `translatePage` are about: the stream in row `stream`, which `streamOf` gave for the same stage,
   * and the sizes as with `translate`. Translations that follow each other mostly have all of them in common.
   */
  selectStream(stream: number, pageSizeLog2: number, granuleLog2: number, stage: Stage): void {
    if (stream !== this.selected || stage !== this.selectedStage) this.select(stream, stage);
    if (pageSizeLog2 !== this.askedSizeLog2 || granuleLog2 !== this.askedGranuleLog2) {
      this.takeSizes(pageSizeLog2, granuleLog2);
    }
  }

  /** `translate` for a page of the stream that was selected. */
  translatePage(page: number, fault: boolean): number {
    const { access, atc } = this;
    const low = pageLow(page);
    const high = pageHigh(page);
    access.page = page;
    access.low = low;
    access.high = high;
    this.translations++;
    if (atc === null) return this.translateAtTbu(low, high, fault);
    const context = this.streams.stream[this.selected];
    if (atc.lookupOwn(low, high, context)) {
      this.answer.level = HitLevel.Atc;
      return atc.latencyNs;
    }
    this.atsRequests++;
    const ns = this.translateAtTbu(low, high, fault);
    if (this.resultLog2 > 0) atc.fillOwn(low, high, this.resultLog2, context);
    return atc.latencyNs + this.atsRequestNs + ns;
  }

  /** What follows from the sizes alone. */
  private takeSizes(pageSizeLog2: number, granuleLog2: number): void {
    const { access } = this;
    this.askedSizeLog2 = pageSizeLog2;
    this.askedGranuleLog2 = granuleLog2;
    const granule = granuleLog2 === 14 || granuleLog2 === 16 ? granuleLog2 : 12;
    const mapping = pageSizeLog2 === 0 ? granule : pageSizeLog2 < 12 ? 12 : Math.min(pageSizeLog2, LARGEST_LOG2);
    access.leafLog2 = pageSizeLog2 === 0 ? 0 : mapping;
    access.granuleLog2 = granule;
    access.mappingLog2 = mapping;
    access.sizeLog2 = Math.min(mapping, this.largestLog2);
  }

  /** What follows from the stream alone. */
  private select(stream: number, stage: Stage): void {
    const { access } = this;
    this.selected = stream;
    this.selectedStage = stage;
    this.actualStage = stage === Stage.Default ? this.defaultStage : stage;
    this.largestLog2 = this.actualStage === Stage.Nested && this.s2PageLog2 > 0 ? this.s2PageLog2 : LARGEST_LOG2;
    this.tbu = this.tbuOfStream[stream];
    this.context = this.streams.translation[stream];
    const device = this.deviceOfStream[stream];
    this.atc = this.devices.atcs[device];
    access.sid = this.streams.sid[stream];
    access.deviceRow = device * STRUCTURE_NAMES.length * COUNTERS;
    this.askedSizeLog2 = NONE;
  }

  /** Row in `streams` of the binding that `translate` is given, with its TBU and device; it stays the same for good. */
  streamOf(sid: number, ssid: number, asid: number, vmid: number, stage: Stage): number {
    const { streams } = this;
    const known = streams.count;
    const actual = stage === Stage.Default ? this.defaultStage : stage;
    const asidTag = actual === Stage.S2 ? NONE : Math.max(asid, 0);
    const stream = streams.of(sid, Math.max(ssid, NONE), asidTag, Math.max(vmid, 0));
    if (stream < known) return stream;
    const tbu = this.options.tbuOf === undefined ? 0 : this.options.tbuOf(sid);
    while (this.tbus.length <= tbu) this.tbus.push(new Tbu(this.common));
    this.tbuOfStream.push(this.tbus[tbu]);
    this.deviceOfStream.push(this.devices.numberOf(sid));
    return stream;
  }

  /** The configuration of a stream that bypasses or aborts is looked up, nothing is translated. Returns ns. */
  bypass(sid: number, ssid: number): number {
    const stream = this.streamOf(sid, ssid, 0, 0, Stage.S1);
    this.select(stream, Stage.S1);
    return this.portsNs + this.linksNs + this.configuration.fetch(this.streams.config[stream], NO_DESCRIPTOR);
  }

  /** Apply one host command; `targetSid` replaces its StreamID unless negative. Returns the number of entries removed. */
  execute(c0Low: number, c0High: number, c1Low: number, c1High: number, targetSid: number): number {
    return this.commands.execute(c0Low, c0High, c1Low, c1High, targetSid);
  }

  /** The guest has published command `number` of `queue`: whatever it covers is from now on used at the guest's risk. */
  markStale(c0Low: number, c0High: number, c1Low: number, c1High: number, number: number, queue = 0): void {
    this.commands.markStale(c0Low, c0High, c1Low, c1High, number, queue);
  }

  /** The guest has seen a SYNC complete on `queue` that follows its command `number`. */
  syncSeen(number: number, queue = 0): void {
    this.commands.syncSeen(number, queue);
  }

  /** True if the device of `sid` has an ATC. */
  hasAtc(sid: number): boolean {
    return this.devices.atcs[this.devices.numberOf(sid)] !== null;
  }

  private translateAtTbu(low: number, high: number, fault: boolean): number {
    const { tbu } = this;
    const { utlb, main, mappings } = tbu;
    let ns = this.portsNs;
    if (this.isConfigFirst) ns += this.configure();
    mappings.locate(low, high, this.context);
    if (utlb !== null) {
      ns += utlb.latencyNs;
      const slot = utlb.lookup();
      if (slot >= 0) {
        if (this.atc !== null) this.resultLog2 = utlb.sizeLog2(slot);
        this.answer.level = HitLevel.Utlb;
        return ns;
      }
    }
    if (main !== null) {
      ns += main.latencyNs;
      const slot = main.lookup();
      if (slot >= 0) {
        if (this.atc !== null) this.resultLog2 = main.sizeLog2(slot);
        this.answer.level = HitLevel.Main;
        if (utlb === null) return ns;
        const record = main.cache.recordOf[slot];
        if (mappings.hasCauses) utlb.explain(record);
        if (!fault) utlb.fillFrom(main, slot, record);
        return ns;
      }
    }
    const record = tbu.explainMisses();
    ns += this.linksNs;
    if (!this.isConfigFirst) ns += this.configure();
    return ns + this.translateAtTcu(low, high, fault, record);
  }

  private translateAtTcu(low: number, high: number, fault: boolean, record: number): number {
    const { tcu, tbu, context } = this;
    let ns = 0;
    if (tcu !== null) {
      ns += tcu.latencyNs;
      if (!this.sharesMappings) tcu.mappings.locate(low, high, context);
      const slot = tcu.lookup();
      if (slot >= 0) {
        this.resultLog2 = tcu.sizeLog2(slot);
        this.answer.level = HitLevel.Tcu;
        if (!fault) tbu.fillFrom(tcu, slot, context);
        return ns;
      }
      if (tcu.mappings.hasCauses) tcu.explain(this.sharesMappings ? record : tcu.mappings.explaining());
    }
    this.walks++;
    const walkNs = this.walk(fault);
    ns += walkNs;
    this.answer.level = HitLevel.Walk;
    this.answer.walkNs = walkNs;
    if (fault) {
      this.faults++;
      this.resultLog2 = 0;
      return ns;
    }
    const { sizeLog2 } = this.access;
    this.resultLog2 = sizeLog2;
    const held = tbu.fill(sizeLog2, context);
    if (tcu !== null) {
      if (this.sharesMappings) tcu.fill(held);
      else tcu.fillOwn(low, high, sizeLog2, context, this.access.leafLog2);
    }
    return ns;
  }

  private walk(fault: boolean): number {
    const { actualStage, walker } = this;
    const s2Context = this.streams.stage2[this.selected];
    if (actualStage === Stage.S2) return walker.stage2Only(s2Context, fault);
    return walker.stage1(this.context, actualStage === Stage.Nested ? s2Context : NONE, fault);
  }

  private configure(): number {
    const { streams, actualStage, selected } = this;
    const s2Context =
      actualStage === Stage.S2 ? NO_DESCRIPTOR : actualStage === Stage.Nested ? streams.stage2[selected] : NOT_NESTED;
    const ns = this.configuration.fetch(streams.config[selected], s2Context);
    this.answer.configNs = ns;
    return ns;
  }
}
