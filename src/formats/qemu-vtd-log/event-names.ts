/**
 * Names of the trace events of QEMU's intel-iommu and what the reader makes of each.
 *
 * Source: hw/i386/trace-events of QEMU 7.2 and the recordings (traces/README.md).
 */
import { NameTable } from '../text/name-table.js';

/** What a line is to the reader. */
export const enum LineKind {
  /** Valid, but of no use for the replay. */
  Context = 0,
  Tail = 1,
  Descriptor = 2,
  PageHit = 3,
  PageUpdate = 4,
  ContextHit = 5,
  ContextUpdate = 6,
  Translated = 7,
  Fault = 8,
}

const ENTRIES: readonly (readonly [name: string, kind: LineKind])[] = [
  ['vtd_inv_qi_tail', LineKind.Tail],
  ['vtd_inv_desc', LineKind.Descriptor],
  ['vtd_iotlb_page_hit', LineKind.PageHit],
  ['vtd_iotlb_page_update', LineKind.PageUpdate],
  ['vtd_iotlb_cc_hit', LineKind.ContextHit],
  ['vtd_iotlb_cc_update', LineKind.ContextUpdate],
  ['vtd_dmar_translate', LineKind.Translated],
  ['vtd_dmar_fault', LineKind.Fault],
  ...contextNames(),
];

function contextNames() {
  const names = [
    'vtd_inv_desc_cc_domain vtd_inv_desc_cc_global vtd_inv_desc_cc_device vtd_inv_desc_cc_devices',
    'vtd_inv_desc_iotlb_global vtd_inv_desc_iotlb_domain vtd_inv_desc_iotlb_pages vtd_inv_desc_iotlb_pasid_pages',
    'vtd_inv_desc_iotlb_pasid vtd_inv_desc_iec vtd_inv_desc_wait_sw vtd_inv_desc_wait_irq vtd_inv_desc_wait_write_fail',
    'vtd_inv_qi_enable vtd_inv_qi_setup vtd_inv_qi_head vtd_inv_qi_fetch vtd_warn_invalid_qi_tail',
    'vtd_iotlb_reset vtd_context_cache_reset vtd_ce_not_present vtd_re_not_present vtd_fault_disabled',
    'vtd_switch_address_space vtd_as_unmap_whole vtd_page_walk_level vtd_page_walk_one vtd_page_walk_one_skip_map',
    'vtd_page_walk_one_skip_unmap vtd_page_walk_skip_read vtd_page_walk_skip_reserved vtd_replay_ce_valid',
    'vtd_replay_ce_invalid vtd_translate_pt vtd_pt_enable_fast_path vtd_irq_generate vtd_dmar_enable vtd_reg_read',
    'vtd_reg_write vtd_reg_dmar_root vtd_reg_ir_root vtd_reg_write_gcmd vtd_reg_write_fectl vtd_reg_write_iectl',
    'vtd_reg_ics_clear_ip vtd_fsts_ppf vtd_fsts_clear_ip vtd_frr_new vtd_ir_enable vtd_ir_irte_get vtd_ir_remap',
    'vtd_ir_remap_type vtd_ir_remap_msi vtd_ir_remap_msi_req vtd_warn_ir_vector vtd_warn_ir_trigger',
  ];
  return names.flatMap((line) => line.split(' ')).map((name) => [name, LineKind.Context] as const);
}

/** Event names; a looked-up number indexes `KIND_OF_EVENT`. */
export const EVENT_NAME_TABLE = new NameTable(ENTRIES.map(([name]) => name));
/** LineKind of each event name. */
export const KIND_OF_EVENT = Uint8Array.from(ENTRIES, ([, kind]) => kind);
/** All event names. */
export const VTD_EVENT_NAMES: ReadonlySet<string> = new Set(ENTRIES.map(([name]) => name));
/** Name of a looked-up number, for messages. */
export const eventNameOf = (index: number): string => ENTRIES[index][0];
