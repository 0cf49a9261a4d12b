/**
 * The pieces into which QEMU cut one range invalidation, joined again.
 *
 * QEMU cuts (NUM+1)·2^SCALE granules greedily into naturally aligned powers of two and logs each piece; NUM and SCALE
 * themselves are lost (facts M §2.2). The union of the pieces is the guest's range. It is encoded as the Linux driver
 * would: SCALE = trailing zeros of the number of granules, NUM = the rest minus one (facts M §5.2 O10).
 */
import { granuleLog2OfTg, PAGE_SHIFT } from '../../trace/units.js';

/** Largest NUM and SCALE, 5 bits each. */
const FIELD_MAX = 31;
const TG_4K = 1;

/** Pieces of one command. ASID and VMID that QEMU prints as negative ("none") count as 0. */
export class RangeJoin {
  pieces = 0;
  asid = 0;
  vmid = 0;
  ttl = 0;
  leaf = 0;
  /** Result of `encode`, with `page`. */
  tg = 0;
  num = 0;
  scale = 0;
  /** First 4 KiB page. */
  page = 0;
  /** False if the pieces are not exactly one encodable command; the encoded range then covers at least all of them. */
  isExact = true;
  private endPage = 0;

  /** Forget all pieces. */
  reset(): void {
    this.pieces = 0;
    this.isExact = true;
  }

  /** Add `granules` granules of TG code `tg` from 4 KiB page `page`; 0 granules is a piece smaller than a granule. */
  add(asid: number, vmid: number, page: number, tg: number, granules: number, ttl: number, leaf: number): void {
    const end = page + (granules === 0 ? 1 : granules * granulePages(tg));
    if (granules === 0) this.isExact = false;
    if (this.pieces === 0) {
      this.asid = Math.max(0, asid);
      this.vmid = Math.max(0, vmid);
      this.tg = tg;
      this.ttl = ttl;
      this.leaf = leaf;
      this.page = page;
      this.endPage = end;
    } else {
      const isSameCommand = tg === this.tg && this.asid === Math.max(0, asid) && leaf === this.leaf;
      if (page !== this.endPage || !isSameCommand) this.isExact = false;
      // The wider reading of a contradiction: the smaller granule, table entries included.
      if (tg < this.tg) this.tg = tg;
      if (leaf < this.leaf) this.leaf = leaf;
      if (page < this.page) this.page = page;
      if (end > this.endPage) this.endPage = end;
    }
    this.pieces++;
  }

  /** Compute `tg`, `num`, `scale` of the smallest command that covers all pieces. */
  encode(): void {
    const span = this.endPage - this.page;
    this.num = 0;
    this.scale = 0;
    if (this.tg === 0) {
      if (span === 1) return;
      this.tg = TG_4K;
      this.isExact = false;
    }
    let granules = Math.ceil(span / granulePages(this.tg));
    while (granules % 2 === 0 && this.scale < FIELD_MAX) {
      granules /= 2;
      this.scale++;
    }
    while (granules > FIELD_MAX + 1 && this.scale < FIELD_MAX) {
      granules = Math.ceil(granules / 2);
      this.scale++;
      this.isExact = false;
    }
    if (granules > FIELD_MAX + 1) this.isExact = false;
    this.num = Math.min(granules - 1, FIELD_MAX);
  }
}

/** 4 KiB pages in a granule of TG code `tg`. */
function granulePages(tg: number): number {
  return 2 ** (granuleLog2OfTg(tg) - PAGE_SHIFT);
}
