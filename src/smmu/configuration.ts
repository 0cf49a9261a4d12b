/**
 * How the SMMU learns what a stream is: the configuration cache and the reads that fetch an STE and a CD on a miss
 * (facts M §1.4: a level-1 descriptor each if the table has two levels; every pointer to a CD goes through stage 2 when
 * nested).
 */
import type { CacheSettings } from '../profiles/cache-parameters.js';
import type { Structure } from './structures/structure.js';
import type { Walker } from './walk.js';

/** No CD is fetched: only stage 2 translates, or the stream bypasses or aborts. */
export const NO_DESCRIPTOR = -2;
/** The CD is read without stage 2. */
export const NOT_NESTED = -1;

export class Configuration {
  /** Reads by kind since construction. */
  steFetches = 0;
  steL1Fetches = 0;
  cdFetches = 0;
  cdL1Fetches = 0;
  readonly cache: Structure | null;
  private readonly walker: Walker;
  private readonly readNs: number;
  private readonly steLevels: number;
  private readonly cdLevels: number;

  constructor(settings: CacheSettings, cache: Structure | null, walker: Walker) {
    this.cache = cache;
    this.walker = walker;
    this.readNs = settings.number('smmu.mem_latency_ns') + settings.number('walk.config_read_overhead_ns');
    this.steLevels = settings.number('walk.ste_levels');
    this.cdLevels = settings.number('walk.cd_levels');
  }

  /**
   * Look the configuration of stream context `stream` up and fetch it on a miss. `s2Context` translates the pointers to
   * the CD (NOT_NESTED: nothing does; NO_DESCRIPTOR: there is none to fetch). Returns ns.
   */
  fetch(stream: number, s2Context: number): number {
    const { cache } = this;
    let ns = 0;
    if (cache !== null) {
      ns += cache.latencyNs;
      if (cache.lookupOwn(0, 0, stream, ENTRY_LOG2)) return ns;
    }
    ns += this.steLevels * this.readNs;
    this.steFetches++;
    if (this.steLevels > 1) this.steL1Fetches++;
    if (s2Context !== NO_DESCRIPTOR) ns += this.fetchDescriptor(stream, s2Context);
    if (cache !== null) cache.fillOwn(0, 0, ENTRY_LOG2, stream);
    return ns;
  }

  private fetchDescriptor(stream: number, s2Context: number): number {
    this.cdFetches++;
    if (this.cdLevels > 1) this.cdL1Fetches++;
    let ns = this.cdLevels * this.readNs;
    if (s2Context === NOT_NESTED) return ns;
    for (let read = 0; read < this.cdLevels; read++) ns += this.walker.stage2OfDescriptor(read, stream, s2Context);
    return ns;
  }
}

/** Configurations have no address: all are filed at page 0 with this size. */
const ENTRY_LOG2 = 12;
