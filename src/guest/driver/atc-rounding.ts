/**
 * ATC_INV as Linux rounds it: arm_smmu_atc_inv_to_cmd. One power-of-two span per stream, never split.
 *
 * The span is the smallest naturally aligned one that holds the first and the last page, so two pages across a large
 * boundary cost a large span. Source: facts L §2.6.
 */
import { ATC_SIZE_ALL, atcSpanLog2 } from '../../trace/command.js';

/** ADDR (4 KiB page number) and SIZE (log2 of 4 KiB pages) of one ATC_INV. */
export interface AtcSpan {
  readonly page: number;
  readonly sizeLog2: number;
}

/** The span that invalidates `pages` 4 KiB pages from `page` on; no pages means the whole address space. */
export function atcSpan(page: number, pages: number): AtcSpan {
  if (pages === 0) return { page: 0, sizeLog2: ATC_SIZE_ALL };
  const sizeLog2 = atcSpanLog2(page, page + pages - 1);
  return { page: Math.floor(page / 2 ** sizeLog2) * 2 ** sizeLog2, sizeLog2 };
}
