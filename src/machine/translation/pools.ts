/**
 * The shared resources of timed translation and the durations of its fixed parts, from the profile (facts M §1.1, §1.4, §4.2).
 */
import type { LoadedProfile } from '../../profiles/load.js';
import type { Simulator } from '../sim/simulator.js';
import { SlotPool } from './slot-pool.js';

/** Pools that every SMMU has, by number. */
export const POOL_NAMES = ['tbu_xlate', 'utlb', 'main', 'tcu_xlate', 'config', 'tcu', 'walker'] as const;
export const enum Pool {
  TbuXlate = 0,
  Utlb = 1,
  Main = 2,
  TcuXlate = 3,
  Config = 4,
  Tcu = 5,
  Walker = 6,
}

const SLOT_KEYS = [
  'tbu.xlate_slots',
  'tlb.utlb.slots',
  'tlb.main.slots',
  'tcu.xlate_slots',
  'cache.config.slots',
  'tlb.tcu.slots',
  'walk.slots',
];

/** Pools and durations of one SMMU and its devices. */
export class TranslationResources {
  /** By number: POOL_NAMES, then one ATC per ATS device in the order of their first use. */
  readonly pools: SlotPool[];
  readonly devicePortNs: number;
  readonly requestPortNs: number;
  readonly linkOutNs: number;
  readonly linkBackNs: number;
  readonly utlbNs: number;
  readonly mainNs: number;
  readonly tcuNs: number;
  readonly configNs: number;
  readonly atcNs: number;
  readonly atsRequestNs: number;
  private readonly atcPools = new Map<number, number>();
  private readonly atcSlots: number;

  constructor(
    private readonly simulator: Simulator,
    profile: LoadedProfile,
  ) {
    const latency = (prefix: string) => (profile.flag(`${prefix}.enable`) ? profile.number(`${prefix}.latency_ns`) : 0);
    this.pools = SLOT_KEYS.map((key) => new SlotPool(simulator, profile.number(key)));
    this.devicePortNs = profile.number('link.device_port_ns');
    this.requestPortNs = profile.number('link.request_port_ns');
    this.linkOutNs = profile.number('link.tbu_tcu_ns');
    this.linkBackNs = profile.number('link.tcu_tbu_ns');
    this.utlbNs = latency('tlb.utlb');
    this.mainNs = latency('tlb.main');
    this.tcuNs = latency('tlb.tcu');
    this.configNs = latency('cache.config');
    this.atcNs = profile.number('atc.latency_ns');
    this.atsRequestNs = profile.number('atc.ats_request_ns');
    this.atcSlots = profile.number('atc.slots');
  }

  /** Pool number of the ATC of `sid`. */
  atcPool(sid: number): number {
    let pool = this.atcPools.get(sid);
    if (pool === undefined) {
      pool = this.pools.push(new SlotPool(this.simulator, this.atcSlots)) - 1;
      this.atcPools.set(sid, pool);
    }
    return pool;
  }
}
