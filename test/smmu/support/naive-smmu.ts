/**
 * A whole SMMU from naive structures: the brute-force twin of Smmu, Walker and Configuration. Written from the words of
 * facts M §1.4 and design §7; addresses are BigInts and nothing is indexed.
 */
import type { CacheSettings } from '../../../src/profiles/cache-parameters.js';
import type { StructureName } from '../../../src/smmu/counters.js';
import type { CommandWords } from '../../../src/trace/command.js';
import type { Filing } from './naive-coverage.js';
import { NaivePast, NaiveStructure, type NaiveWorld } from './naive-structure.js';

export type NaiveStage = 's1' | 's2' | 'nested';

/** One translation asked of the twin. */
export interface NaiveRequest {
  readonly sid: number;
  readonly ssid: number;
  readonly asid: number;
  readonly vmid: number;
  readonly page: bigint;
  readonly pageSizeLog2: number;
  readonly granuleLog2: number;
  readonly stage: NaiveStage;
  readonly fault: boolean;
}

const PREFIXES: readonly [StructureName, string, Filing][] = [
  ['tcu', 'tlb.tcu', 'translation'],
  ['config', 'cache.config', 'config'],
  ['walk_s1', 'cache.walk_s1', 'table'],
  ['walk_s2', 'cache.walk_s2', 'table'],
  ['ipa', 'cache.ipa', 'translation'],
];

export class NaiveSmmu {
  readonly world: NaiveWorld;
  readonly all: NaiveStructure[] = [];
  walkReads = 0;
  configReads = 0;
  infiniteMisses = 0;
  induced = 0;
  private readonly single = new Map<string, NaiveStructure>();
  private readonly tbus = new Map<number, { utlb: NaiveStructure | null; main: NaiveStructure | null }>();
  private readonly atcs = new Map<number, NaiveStructure | null>();
  /** Infinite TLB of each TBU: never evicts. */
  private readonly infinite = new Map<number, NaivePast>();
  private readonly memoryNs: number;
  /** log2 of the stage 2 page of the translation under way, if it is known. */
  private stage2LeafLog2 = 0;

  constructor(
    private readonly settings: CacheSettings,
    private readonly tbuOf: (sid: number) => number,
    private readonly atcEntries: (sid: number) => number,
  ) {
    const isTtlStrict = settings.text('smmu.ttl') === 'strict';
    this.world = { isTtlStrict, pending: [], seen: new Map(), event: 0, sid: 0, page: 0n, violations: [] };
    this.memoryNs = settings.number('smmu.mem_latency_ns');
    for (const [name, prefix, filing] of PREFIXES) {
      const made = this.make(name, prefix, filing);
      if (made !== null) this.single.set(name, made);
    }
  }

  translate(request: NaiveRequest): number {
    this.world.sid = request.sid;
    this.world.page = request.page;
    const atc = this.atc(request.sid);
    const ssid = request.ssid < 0 ? -1 : request.ssid;
    if (atc?.lookup(request.page, request.sid, ssid)) return atc.latencyNs;
    const { ns, sizeLog2 } = this.translateAtTbu(request);
    if (atc === null) return ns;
    if (sizeLog2 > 0) atc.fill(request.page, sizeLog2, request.sid, ssid);
    return atc.latencyNs + this.settings.number('atc.ats_request_ns') + ns;
  }

  execute(words: CommandWords, targetSid: number): number {
    for (const infinite of this.infinite.values()) infinite.lose(words, targetSid);
    return this.all.reduce((removed, one) => removed + one.invalidate(words, targetSid), 0);
  }

  markStale(words: CommandWords, number: number, queue: number): void {
    this.world.pending.push({ words, number, queue });
    for (const one of this.all) one.markStale(words, number, queue);
    for (const infinite of this.infinite.values()) infinite.wish(words);
  }

  syncSeen(number: number, queue: number): void {
    const { world } = this;
    world.seen.set(queue, Math.max(number, world.seen.get(queue) ?? -1));
    world.pending = world.pending.filter((one) => one.queue !== queue || one.number > number);
  }

  private translateAtTbu(request: NaiveRequest): { ns: number; sizeLog2: number } {
    const { settings } = this;
    const { page, vmid, fault, stage } = request;
    const asid = stage === 's2' ? -1 : Math.max(0, request.asid);
    const { utlb, main } = this.tbu(request.sid);
    const granule = request.granuleLog2 || 12;
    const mapping = request.pageSizeLog2 || granule;
    const s2Page = settings.number('walk.s2_page_log2');
    const sizeLog2 = stage === 'nested' && s2Page > 0 ? Math.min(mapping, s2Page) : mapping;
    const isConfigFirst = settings.flag('cache.config.first');
    this.stage2LeafLog2 = (stage === 's2' ? 0 : s2Page) || request.pageSizeLog2;
    let ns = settings.number('link.device_port_ns') + settings.number('link.request_port_ns');
    if (isConfigFirst) ns += this.configure(request, granule, mapping);
    ns += utlb?.latencyNs ?? 0;
    const inMicro = utlb?.lookup(page, vmid, asid) ?? null;
    if (inMicro !== null) return { ns, sizeLog2: inMicro.sizeLog2 };
    ns += main?.latencyNs ?? 0;
    const inMain = main?.lookup(page, vmid, asid) ?? null;
    if (inMain !== null) {
      if (!fault) utlb?.fill(page, inMain.sizeLog2, vmid, asid, inMain.leafLog2, inMain.mark);
      return { ns, sizeLog2: inMain.sizeLog2 };
    }
    const infinite = this.infiniteOf(request.sid);
    if (infinite.held(page, vmid, asid, 0).length === 0) {
      this.infiniteMisses++;
      if (infinite.loss(page, vmid, asid, 0) !== null) this.induced++;
    }
    ns += settings.number('link.tbu_tcu_ns') + settings.number('link.tcu_tbu_ns');
    if (!isConfigFirst) ns += this.configure(request, granule, mapping);
    const tcu = this.single.get('tcu');
    ns += tcu?.latencyNs ?? 0;
    const inShared = tcu?.lookup(page, vmid, asid) ?? null;
    if (inShared !== null) {
      if (fault) return { ns, sizeLog2: inShared.sizeLog2 };
      const { leafLog2, mark } = inShared;
      for (const one of [main, utlb]) one?.fill(page, inShared.sizeLog2, vmid, asid, leafLog2, mark);
      infinite.hold(page, inShared.sizeLog2, vmid, asid, leafLog2);
      return { ns, sizeLog2: inShared.sizeLog2 };
    }
    if (stage === 's2') ns += this.stage2(page, vmid, granule, mapping, true, fault);
    else ns += this.stage1(page, asid, vmid, granule, mapping, stage === 'nested', fault);
    if (fault) return { ns, sizeLog2: 0 };
    for (const one of [main, utlb, tcu]) one?.fill(page, sizeLog2, vmid, asid, request.pageSizeLog2);
    infinite.hold(page, sizeLog2, vmid, asid, request.pageSizeLog2);
    return { ns, sizeLog2 };
  }

  private configure(request: NaiveRequest, granule: number, mapping: number): number {
    const { settings } = this;
    const cache = this.single.get('config');
    const ssid = Math.max(0, request.ssid);
    let ns = cache?.latencyNs ?? 0;
    if (cache?.lookup(0n, request.sid, ssid)) return ns;
    const readNs = this.memoryNs + settings.number('walk.config_read_overhead_ns');
    const cdLevels = request.stage === 's2' ? 0 : settings.number('walk.cd_levels');
    const reads = settings.number('walk.ste_levels') + cdLevels;
    this.configReads += reads;
    ns += reads * readNs;
    if (request.stage === 'nested') {
      for (let read = 0; read < cdLevels; read++) {
        const made = this.madeUp(14n, BigInt(this.streamNumber(request.sid, ssid) * 2 + read));
        ns += this.stage2(made, request.vmid, ...this.stage2Shape(granule, mapping), false, false);
      }
    }
    cache?.fill(0n, 12, request.sid, ssid);
    return ns;
  }

  private stage1(
    page: bigint,
    asid: number,
    vmid: number,
    granule: number,
    mapping: number,
    isNested: boolean,
    fault: boolean,
  ): number {
    const { settings } = this;
    const cache = this.single.get('walk_s1');
    const { first, leaf } = this.levels(settings.number('walk.s1_levels'), granule, mapping);
    const shape = this.stage2Shape(granule, mapping);
    const throughTable = (level: number): number => {
      if (!isNested) return 0;
      const covered = Math.min(64, this.coverage(level - 1, granule));
      const table = (page >> BigInt(covered - 12)) & 0x0fffffffn;
      const context = BigInt(this.contextNumber(vmid, asid));
      const start = (((context * 8n + BigInt(level + 2)) * 0x9e3779b1n) & 0xffffffffn) >> 4n;
      const number = ((context & 0xfffffn) << 28n) | ((table + start) & 0x0fffffffn);
      return this.stage2(this.madeUp(BigInt(9 + level), number), vmid, ...shape, false, fault);
    };
    let ns = 0;
    let start = first;
    let isCached = false;
    for (let level = 2; level >= Math.max(0, first) && cache !== undefined && !isCached; level--) {
      if (!this.cachesLevel('cache.walk_s1', level)) continue;
      ns += cache.latencyNs;
      if (cache.lookup(page, vmid, asid, this.coverage(level, granule)) === null) continue;
      isCached = true;
      start = Math.min(level + 1, leaf);
    }
    if (!isCached) ns += throughTable(first);
    ns += settings.number('walk.setup_ns');
    for (let level = start; level <= leaf; level++) {
      this.walkReads++;
      ns += this.memoryNs + settings.number('walk.read_overhead_ns');
      if (level === leaf) continue;
      ns += throughTable(level + 1);
      if (level >= 0 && !fault && this.cachesLevel('cache.walk_s1', level)) {
        cache?.fill(page, this.coverage(level, granule), vmid, asid);
      }
    }
    if (isNested && !fault) ns += this.stage2(page, vmid, ...shape, true, false);
    return ns;
  }

  private stage2(
    ipa: bigint,
    vmid: number,
    granule: number,
    mapping: number,
    isFinal: boolean,
    fault: boolean,
  ): number {
    const { settings } = this;
    const ipaCache = this.single.get('ipa');
    let ns = ipaCache?.latencyNs ?? 0;
    if (ipaCache?.lookup(ipa, vmid, -1)) return ns;
    const cache = isFinal || settings.flag('walk.s2_nonfinal') ? this.single.get('walk_s2') : undefined;
    const { first, leaf } = this.levels(settings.number('walk.s2_levels'), granule, mapping);
    let start = first;
    for (let level = 2; level >= Math.max(0, first) && cache !== undefined && start === first; level--) {
      if (!this.cachesLevel('cache.walk_s2', level)) continue;
      ns += cache.latencyNs;
      if (cache.lookup(ipa, vmid, -1, this.coverage(level, granule)) === null) continue;
      start = Math.min(level + 1, leaf);
      break;
    }
    ns += settings.number('walk.setup_ns');
    for (let level = start; level <= leaf; level++) {
      this.walkReads++;
      ns += this.memoryNs + settings.number('walk.read_overhead_ns');
      if (level >= 0 && level < leaf && !fault && this.cachesLevel('cache.walk_s2', level)) {
        cache?.fill(ipa, this.coverage(level, granule), vmid, -1);
      }
    }
    if (!fault) ipaCache?.fill(ipa, mapping, vmid, -1, this.stage2LeafLog2);
    return ns;
  }

  /** Granule and size of stage 2 when nested. */
  private stage2Shape(granule: number, mapping: number): [number, number] {
    const { settings } = this;
    return [settings.number('walk.s2_granule_log2') || granule, settings.number('walk.s2_page_log2') || mapping];
  }

  private levels(parameter: number, granule: number, mapping: number): { first: number; leaf: number } {
    const levels = parameter === 0 ? (granule === 16 ? 3 : 4) : parameter;
    const first = 4 - levels;
    let leaf = 3;
    while (leaf > first && this.coverage(leaf - 1, granule) <= mapping) leaf--;
    return { first, leaf };
  }

  private coverage(level: number, granule: number): number {
    return granule + (3 - level) * (granule - 3);
  }

  private cachesLevel(prefix: string, level: number): boolean {
    return ((this.settings.number(`${prefix}.levels`) >> level) & 1) === 1;
  }

  /** IPA page of something whose address no trace tells: 4 bits of kind over 48 bits. */
  private madeUp(kind: bigint, number: bigint): bigint {
    return (kind << 48n) | number;
  }

  private readonly contextNumbers: string[] = [];
  private readonly streamNumbers: string[] = [];

  /** Contexts are numbered as the model meets them: a binding adds its own and that of stage 2 alone. */
  note(request: NaiveRequest): void {
    const asid = request.stage === 's2' ? -1 : Math.max(0, request.asid);
    const ssid = request.ssid < 0 ? -1 : request.ssid;
    const add = (list: string[], name: string): void => {
      if (!list.includes(name)) list.push(name);
    };
    add(this.contextNumbers, `${request.vmid}.${asid}`);
    add(this.contextNumbers, `${request.vmid}.-1`);
    add(this.streamNumbers, `${request.sid}.${ssid}`);
    add(this.streamNumbers, `${request.sid}.${Math.max(0, ssid)}`);
  }

  private contextNumber(vmid: number, asid: number): number {
    return this.contextNumbers.indexOf(`${vmid}.${asid}`);
  }

  private streamNumber(sid: number, ssid: number): number {
    return this.streamNumbers.indexOf(`${sid}.${ssid}`);
  }

  private tbu(sid: number): { utlb: NaiveStructure | null; main: NaiveStructure | null } {
    const number = this.tbuOf(sid);
    let tbu = this.tbus.get(number);
    if (tbu === undefined) {
      tbu = {
        utlb: this.make('utlb', 'tlb.utlb', 'translation'),
        main: this.make('main', 'tlb.main', 'translation'),
      };
      this.tbus.set(number, tbu);
    }
    return tbu;
  }

  private infiniteOf(sid: number): NaivePast {
    const number = this.tbuOf(sid);
    let infinite = this.infinite.get(number);
    if (infinite === undefined) {
      infinite = new NaivePast('translation', this.world);
      this.infinite.set(number, infinite);
    }
    return infinite;
  }

  private atc(sid: number): NaiveStructure | null {
    const known = this.atcs.get(sid);
    if (known !== undefined) return known;
    const entries = this.atcEntries(sid);
    const atc = entries > 0 ? this.make('atc', 'atc', 'atc', entries) : null;
    this.atcs.set(sid, atc);
    return atc;
  }

  private make(name: string, prefix: string, filing: Filing, entries?: number): NaiveStructure | null {
    const { settings } = this;
    if (!settings.flag(`${prefix}.enable`)) return null;
    const made = new NaiveStructure(
      name,
      filing,
      entries ?? settings.number(`${prefix}.entries`),
      settings.number(`${prefix}.ways`),
      settings.text(`${prefix}.policy`),
      settings.number(`${prefix}.latency_ns`),
      this.world,
    );
    this.all.push(made);
    return made;
  }
}
