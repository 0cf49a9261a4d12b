/**
 * Names of QEMU's SMMUv3 trace events from 7.2 to 10.x, what the reader makes of each, and which version it betrays.
 *
 * Source: facts M §2.6 (hw/arm/trace-events at each tag) and the recordings. `smmu*` names that are not here are counted
 * as foreign with a note.
 */
import { NameTable } from '../text/name-table.js';

/** What a line of the log is to the reader. */
export const enum LineKind {
  /** Valid, but of no use for the replay: walk levels, register accesses, notifiers. */
  Context = 0,
  ConfigHit = 1,
  ConfigMiss = 2,
  LookupHit = 3,
  LookupMiss = 4,
  Insert = 5,
  InvalidPte = 6,
  TranslationTable = 7,
  Success = 8,
  Bypass = 9,
  Abort = 10,
  Disabled = 11,
  FaultRecord = 12,
  Consume = 13,
  ConsumeOut = 14,
  Opcode = 15,
  RangeInvalidation = 16,
  NhAsid = 17,
  Nh = 18,
  S12Vmid = 19,
  CfgiSte = 20,
  CfgiSteRange = 21,
  CfgiCd = 22,
  InvAsidVmid = 23,
  InvVmid = 24,
  WriteMmio = 25,
  ReadMmio = 26,
  // What an accelerated vSMMU asks of the host.
  HostViommu = 27,
  HostVdevice = 28,
  HostFree = 29,
  HostInvalidation = 30,
  HostSte = 31,
  /** It tells no more than that there is one. */
  HostOther = 32,
}

/** Producer versions in ascending order; index = rank. */
export const VERSIONS: readonly string[] = ['', '7.2', '8.x', '9.x', '10.x'];
/** Ranks of `VERSIONS`, for evidence in payloads. */
export const enum Version {
  Unknown = 0,
  V7 = 1,
  V8 = 2,
  V9 = 3,
  V10 = 4,
}

type Entry = readonly [name: string, kind: LineKind, version: number];

const any = Version.Unknown;
const ENTRIES: readonly Entry[] = [
  ['smmuv3_config_cache_hit', LineKind.ConfigHit, any],
  ['smmuv3_config_cache_miss', LineKind.ConfigMiss, any],
  ['smmu_iotlb_lookup_hit', LineKind.LookupHit, any],
  ['smmu_iotlb_lookup_miss', LineKind.LookupMiss, any],
  ['smmu_iotlb_insert', LineKind.Insert, any],
  ['smmu_ptw_invalid_pte', LineKind.InvalidPte, any],
  ['smmuv3_decode_cd_tt', LineKind.TranslationTable, any],
  ['smmuv3_translate_success', LineKind.Success, any],
  ['smmuv3_translate_bypass', LineKind.Bypass, any],
  ['smmuv3_translate_abort', LineKind.Abort, any],
  ['smmuv3_translate_disable', LineKind.Disabled, any],
  ['smmuv3_record_event', LineKind.FaultRecord, any],
  ['smmuv3_propagate_event', LineKind.FaultRecord, Version.V10],
  ['smmuv3_cmdq_consume', LineKind.Consume, any],
  ['smmuv3_cmdq_consume_out', LineKind.ConsumeOut, any],
  ['smmuv3_cmdq_opcode', LineKind.Opcode, any],
  ['smmuv3_s1_range_inval', LineKind.RangeInvalidation, Version.V7],
  ['smmuv3_range_inval', LineKind.RangeInvalidation, Version.V8],
  ['smmuv3_cmdq_tlbi_nh_asid', LineKind.NhAsid, any],
  ['smmuv3_cmdq_tlbi_nh', LineKind.Nh, any],
  ['smmuv3_cmdq_tlbi_nsnh', LineKind.Context, Version.V9],
  ['smmuv3_cmdq_tlbi_s12_vmid', LineKind.S12Vmid, Version.V8],
  ['smmuv3_cmdq_cfgi_ste', LineKind.CfgiSte, any],
  ['smmuv3_cmdq_cfgi_ste_range', LineKind.CfgiSteRange, any],
  ['smmuv3_cmdq_cfgi_cd', LineKind.CfgiCd, any],
  ['smmu_iotlb_inv_asid_vmid', LineKind.InvAsidVmid, Version.V9],
  ['smmu_iotlb_inv_vmid', LineKind.InvVmid, Version.V8],
  ['smmu_iotlb_inv_vmid_s1', LineKind.InvVmid, Version.V9],
  ['smmuv3_write_mmio', LineKind.WriteMmio, any],
  ['smmuv3_read_mmio', LineKind.ReadMmio, any],
  ['smmu_config_cache_inv', LineKind.Context, Version.V10],
  ['smmu_configs_inv_sid_range', LineKind.Context, Version.V10],
  ['smmu_reset_exit', LineKind.Context, Version.V10],
  ['iommufd_backend_alloc_viommu', LineKind.HostViommu, Version.V10],
  ['iommufd_backend_alloc_vdev', LineKind.HostVdevice, Version.V10],
  ['iommufd_backend_free_id', LineKind.HostFree, any],
  ['iommufd_backend_invalidate_cache', LineKind.HostInvalidation, Version.V10],
  ['iommufd_viommu_invalidate_cache', LineKind.HostInvalidation, Version.V10],
  ['smmuv3_accel_install_ste', LineKind.HostSte, Version.V10],
  ['smmuv3_accel_translate_ste', LineKind.HostSte, Version.V10],
  ['smmuv3_accel_set_iommu_device', LineKind.HostOther, Version.V10],
  ['smmuv3_accel_unset_iommu_device', LineKind.HostOther, Version.V10],
  ...contextNames(),
];

function contextNames(): Entry[] {
  const names = [
    'smmu_add_mr smmu_get_pte smmu_ptw_level smmu_ptw_page_pte smmu_ptw_block_pte smmu_page_walk smmu_lookup_table',
    'smmu_iotlb_inv_all smmu_iotlb_inv_asid smmu_iotlb_inv_iova smmu_inv_notifiers_mr smmuv3_inv_notifiers_iova',
    'smmuv3_find_ste smmuv3_find_ste_2lvl smmuv3_get_ste smmuv3_get_cd smmuv3_decode_cd smmuv3_config_cache_inv',
    'smmuv3_trigger_irq smmuv3_write_gerror smmuv3_write_gerrorn smmuv3_unhandled_cmd smmuv3_cmdq_consume_error',
    'smmuv3_notify_flag_add smmuv3_notify_flag_del smmuv3_update smmuv3_update_check_cmd smmuv3_write_mmio_idr',
    'smmuv3_write_mmio_evtq_cons_bef_clear smmuv3_write_mmio_evtq_cons_after_clear',
    'tegra241_cmdqv_read_vcmdq_page0 tegra241_cmdqv_read_vcmdq_page1 tegra241_cmdqv_write_vcmdq_page0',
    'tegra241_cmdqv_write_vcmdq_page1 tegra241_cmdqv_err_map tegra241_cmdqv_init_regs',
  ];
  return names.flatMap((line) => line.split(' ')).map((name) => [name, LineKind.Context, any] as const);
}

/** Event names; a looked-up number indexes the two arrays below. */
export const EVENT_NAME_TABLE = new NameTable(ENTRIES.map(([name]) => name));
/** LineKind of each event name. */
export const KIND_OF_EVENT = Uint8Array.from(ENTRIES, ([, kind]) => kind);
/** The earliest version that has each event name, as a rank in `VERSIONS`; 0 if the name tells nothing. */
export const VERSION_OF_EVENT = Uint8Array.from(ENTRIES, ([, , version]) => version);
/** All event names. */
export const QEMU_EVENT_NAMES: ReadonlySet<string> = new Set(ENTRIES.map(([name]) => name));
/** Name of a looked-up number, for messages. */
export const eventNameOf = (index: number): string => ENTRIES[index][0];
