/**
 * What the arguments of each event are, per QEMU version: the printf formats of hw/arm/trace-events, because a record
 * holds the same arguments in the same order (facts M §2.6, §2.8). Events that are not here have no argument of use.
 *
 * `%d` prints the lower 32 bits as a signed number, `%x` as hexadecimal, `%X` all 64 bits as hexadecimal, `%s` text.
 */
import { Version } from '../qemu-log/event-names.js';

/** One way in which versions from `since` on print an event. */
interface Format {
  readonly since: number;
  readonly text: string;
}

const from = (since: number, text: string): Format => ({ since, text });
const always = (text: string): Format[] => [from(Version.V7, text)];

const LOOKUP = (what: string): Format[] => [
  from(Version.V7, `IOTLB cache ${what} asid=%d addr=0x%X hit=%d miss=%d hit rate=%d`),
  from(Version.V8, `IOTLB cache ${what} asid=%d vmid=%d addr=0x%X hit=%d miss=%d hit rate=%d`),
];
const CONFIG = (what: string) => always(`Config cache ${what} for sid=0x%x (hits=%d, misses=%d, hit rate=%d)`);
const RANGE = 'vmid=%d asid=%d addr=0x%X tg=%d num_pages=0x%X ttl=%d leaf=%d';
const SUCCESS = '%s sid=0x%x iova=0x%X translated=0x%X perm=0x%x';
const MMIO = always('addr: 0x%X val:0x%X size: 0x%x(%d)');

const FORMATS: Readonly<Record<string, readonly Format[]>> = {
  smmuv3_config_cache_hit: CONFIG('HIT'),
  smmuv3_config_cache_miss: CONFIG('MISS'),
  smmu_iotlb_lookup_hit: LOOKUP('HIT'),
  smmu_iotlb_lookup_miss: LOOKUP('MISS'),
  smmu_iotlb_insert: [
    from(Version.V7, 'IOTLB ++ asid=%d addr=0x%X tg=%d level=%d'),
    from(Version.V8, 'IOTLB ++ asid=%d vmid=%d addr=0x%X tg=%d level=%d'),
  ],
  smmuv3_decode_cd_tt: always('TT[%d]:tsz:%d ttb:0x%X granule_sz:%d had:%d'),
  smmuv3_translate_success: [from(Version.V7, SUCCESS), from(Version.V9, `${SUCCESS} stage=%d`)],
  smmuv3_translate_bypass: always('%s sid=0x%x STE bypass iova:0x%X is_write=%d'),
  smmuv3_translate_abort: always('%s sid=0x%x abort on iova:0x%X is_write=%d'),
  smmuv3_translate_disable: always('%s sid=0x%x bypass (smmu disabled) iova:0x%X is_write=%d'),
  smmuv3_record_event: always('%s sid=0x%x'),
  smmuv3_propagate_event: always('%s sid=0x%x'),
  smmuv3_cmdq_consume: always('prod=%d cons=%d prod.wrap=%d cons.wrap=%d'),
  smmuv3_cmdq_opcode: always('<--- %s'),
  smmuv3_s1_range_inval: always(RANGE),
  smmuv3_range_inval: [from(Version.V8, RANGE), from(Version.V9, `${RANGE} stage=%d`)],
  smmuv3_cmdq_tlbi_nh_asid: always('asid=%d'),
  smmuv3_cmdq_tlbi_nh: [from(Version.V7, ''), from(Version.V9, 'vmid=%d')],
  smmuv3_cmdq_tlbi_s12_vmid: always('vmid=%d'),
  smmuv3_cmdq_cfgi_ste: always('streamid= 0x%x'),
  smmuv3_cmdq_cfgi_ste_range: always('start=0x%x - end=0x%x'),
  smmuv3_cmdq_cfgi_cd: always('sid=0x%x'),
  smmu_iotlb_inv_asid_vmid: always('IOTLB invalidate asid=%d vmid=%d'),
  smmu_iotlb_inv_vmid: always('IOTLB invalidate vmid=%d'),
  smmu_iotlb_inv_vmid_s1: always('IOTLB invalidate vmid=%d'),
  iommufd_backend_alloc_vdev: always(' iommufd=%d dev_id=%d viommu_id=%d virt_id=0x%X vdev_id=%d (%d)'),
  iommufd_backend_free_id: always(' iommufd=%d id=%d (%d)'),
  smmuv3_accel_install_ste: always('vSID=0x%x ste type=%s hwpt_id=0x%x'),
  smmuv3_accel_translate_ste: always('vSID=0x%x hwpt_id=0x%x ste=%X:%X'),
  smmuv3_write_mmio: MMIO,
  smmuv3_read_mmio: MMIO,
};

/** One argument of a record. */
type Conversion = 'd' | 'x' | 'X' | 's';

/** A format taken apart: `literals[i]` stands before conversion `i`, the last one after all. */
export interface Layout {
  readonly literals: readonly string[];
  readonly conversions: readonly Conversion[];
}

function layoutOf(text: string): Layout {
  const conversions = [...text.matchAll(/%([dxXs])/g)].map(([, letter]) => letter as Conversion);
  return { literals: text.split(/%[dxXs]/), conversions };
}

const LAYOUTS = new Map(
  Object.entries(FORMATS).map(([name, formats]) => [
    name,
    formats.map(({ since, text }) => ({ since, layout: layoutOf(text) })),
  ]),
);

/** The arguments of `event` in the version of rank `version`; undefined for an event whose arguments are of no use. */
export function layoutFor(event: string, version: number): Layout | undefined {
  const known = LAYOUTS.get(event);
  if (known === undefined) return undefined;
  return (known.findLast(({ since }) => since <= version) ?? known[0]).layout;
}
