/**
 * Intel VT-d invalidation descriptors as the SMMUv3 commands that they correspond to.
 *
 * A descriptor is 128 bits: `low` (type, granularity, ids) and `high` (address). The correspondence (traces/README.md,
 * docs/recording.md): context cache → CFGI, IOTLB → TLBI with the domain id in the place of the ASID, device-TLB → ATC_INV
 * with the requester id as StreamID, wait → CMD_SYNC. The scope is never narrowed; where no command has exactly the scope
 * of the descriptor a wider one is taken and `isWidened` says so.
 * Field positions: VT-d specification, "Queued Invalidation Interface"; QEMU hw/i386/intel_iommu_internal.h.
 */
import { ATC_SIZE_ALL, CFGI_RANGE_ALL } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { highWordOfPage, lowWordOfPage, pageOf } from '../../trace/units.js';

/** Descriptor types, low[3:0]; newer types also use low[11:9]. */
const DescriptorType = { ContextCache: 1, Iotlb: 2, DeviceTlb: 3, InterruptEntry: 4, Wait: 5 } as const;
/** Granularity of context-cache and IOTLB descriptors, low[5:4]. */
const Granularity = { Global: 1, Domain: 2, Narrow: 3 } as const;

const TYPE_MASK = 0xe0f;
/** Largest SCALE of a range TLBI. */
const SCALE_MAX = 31;
const TG_4K = 1;
/** RANGE of a CFGI_STE_RANGE over the eight functions of a device. */
const FUNCTIONS_RANGE = 2;

/** What became of a descriptor. */
export const Translation = {
  /** The words are those of a command. */
  Command: 0,
  /** It invalidates something that an SMMU does not have (interrupt entries). */
  NoCounterpart: 1,
  /** A type that this translation does not know (PASID-based ones of scalable mode among them). */
  Unknown: 2,
} as const;
export type Translation = (typeof Translation)[keyof typeof Translation];

/** Translates descriptors one at a time; the words of the latest stand in `c0Low … c1High`. */
export class DescriptorTranslator {
  c0Low = 0;
  c0High = 0;
  c1Low = 0;
  c1High = 0;
  /** The descriptor does not name what the command must (the streams of a domain): only the opcode is meant. */
  isOpcodeOnly = false;
  /** The command covers more than the descriptor. */
  isWidened = false;

  /** Translate the descriptor whose 64-bit words are `lowHigh:lowLow` and `highHigh:highLow`. */
  translate(lowLow: number, lowHigh: number, highLow: number, highHigh: number): Translation {
    this.isOpcodeOnly = false;
    this.isWidened = false;
    const granularity = (lowLow >>> 4) & 3;
    const domain = lowLow >>> 16;
    switch (lowLow & TYPE_MASK) {
      case DescriptorType.ContextCache:
        this.contextCache(granularity, lowHigh & 0xffff, (lowHigh >>> 16) & 3);
        return Translation.Command;
      case DescriptorType.Iotlb:
        if (granularity === Granularity.Narrow) this.iotlbPages(domain, highLow, highHigh);
        else if (granularity === Granularity.Domain) this.set(Opcode.TLBI_NH_ASID, domain << 16, 0, 0);
        else this.set(Opcode.TLBI_NSNH_ALL, 0, 0, 0);
        return Translation.Command;
      case DescriptorType.DeviceTlb:
        this.deviceTlb(lowHigh & 0xffff, highLow, highHigh);
        return Translation.Command;
      case DescriptorType.Wait:
        this.set(Opcode.SYNC, 0, 0, 0);
        return Translation.Command;
      case DescriptorType.InterruptEntry:
        return Translation.NoCounterpart;
      default:
        return Translation.Unknown;
    }
  }

  /** Device granularity names one function, or with a function mask several of one device. */
  private contextCache(granularity: number, sid: number, functionMask: number): void {
    if (granularity === Granularity.Narrow) {
      if (functionMask === 0) {
        this.set(Opcode.CFGI_STE, sid, 0, 0);
      } else {
        this.set(Opcode.CFGI_STE_RANGE, sid - (sid % 8), FUNCTIONS_RANGE, 0);
        this.isWidened = functionMask !== 3;
      }
    } else if (granularity === Granularity.Domain) {
      this.set(Opcode.CFGI_CD, 0, 0, 0);
      this.isOpcodeOnly = true;
    } else {
      this.set(Opcode.CFGI_STE_RANGE, 0, CFGI_RANGE_ALL, 0);
    }
  }

  /** 2^AM pages, naturally aligned: one page without a range, more as (0 + 1)·2^SCALE granules of 4 KiB. */
  private iotlbPages(domain: number, highLow: number, highHigh: number): void {
    const addressMask = highLow & 0x3f;
    if (addressMask > SCALE_MAX) {
      this.set(Opcode.TLBI_NH_ASID, domain << 16, 0, 0);
      this.isWidened = true;
      return;
    }
    const page = alignedDown(pageOf(highHigh, highLow), addressMask);
    // The invalidation hint: only leaves changed.
    const leaf = (highLow >>> 6) & 1;
    const granule = addressMask === 0 ? 0 : TG_4K << 10;
    this.set(Opcode.TLBI_NH_VA, domain << 16, lowWordOfPage(page) | granule | leaf, highWordOfPage(page));
    this.c0Low |= addressMask << 20;
  }

  /** S = 0 is one page; S = 1 and k one bits at the bottom of the page number are 2^(k+1) pages. */
  private deviceTlb(sid: number, highLow: number, highHigh: number): void {
    let page = pageOf(highHigh, highLow);
    let size = 0;
    if ((highLow & 1) !== 0) {
      let rest = page;
      while (rest % 2 === 1) {
        size++;
        rest = (rest - 1) / 2;
      }
      size = Math.min(size + 1, ATC_SIZE_ALL);
      page = alignedDown(page, size);
    }
    this.set(Opcode.ATC_INV, sid, lowWordOfPage(page) | size, highWordOfPage(page));
  }

  private set(opcode: number, c0High: number, c1Low: number, c1High: number): void {
    this.c0Low = opcode;
    this.c0High = c0High;
    this.c1Low = c1Low;
    this.c1High = c1High;
  }
}

/** `page` aligned down to 2^log2 pages. */
function alignedDown(page: number, log2: number): number {
  return page - (page % 2 ** log2);
}
