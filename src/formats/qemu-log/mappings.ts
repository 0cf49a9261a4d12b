/**
 * What the log has shown about mappings so far: the granule of each address space and its blocks.
 *
 * A lookup line that hits names no page size, so the block that an insertion installed must be remembered for the hits
 * that follow. QEMU's IOTLB has 256 entries and a hit needs one of them, so the last 256 blocks of an address space are
 * all that a hit can mean; older ones are forgotten. Everything that lies in no block is a page of the granule's size.
 */
import { PAGE_SHIFT } from '../../trace/units.js';

const MAX_BLOCKS = 256;
const MAX_ADDRESS_SPACES = 4096;
/** Last level of every table: its leaves are pages, not blocks. */
const PAGE_LEVEL = 3;
/** A block is at least 2^21 bytes: 512 4 KiB pages. */
const SMALLEST_BLOCK_PAGES = 512;
/** Room for a size exponent beside a block number in one exact number (43 + 6 bits). */
const SIZE_SLOTS = 64;

/** log2 of the bytes that a leaf at `level` maps with this granule: 4 KiB 12/21/30/39, 16 KiB 14/25/36, 64 KiB 16/29/42. */
export function leafSizeLog2(granuleLog2: number, level: number): number {
  return granuleLog2 + (PAGE_LEVEL - level) * (granuleLog2 - 3);
}

/** One ASID and VMID. */
class AddressSpace {
  granuleLog2 = 0;
  /** Block number and size, oldest first. */
  readonly blocks = new Set<number>();
  /** Sizes that occur among the blocks, largest first: the order in which QEMU looks levels up. */
  sizes: number[] = [];
}

/** Granules and blocks of all address spaces. */
export class Mappings {
  /** True once any insertion was seen; without them page sizes are not known. */
  hasInsertions = false;
  private readonly spaces = new Map<number, AddressSpace>();
  private lastKey = Number.NaN;
  private last = new AddressSpace();

  /** log2 of the granule of the address space; 0 if not known. */
  granuleLog2(asid: number, vmid: number): number {
    return this.space(asid, vmid).granuleLog2;
  }

  /** A context descriptor or an insertion named the granule. */
  setGranule(asid: number, vmid: number, granuleLog2: number): void {
    this.space(asid, vmid).granuleLog2 = granuleLog2;
  }

  /** An insertion of 2^`sizeLog2` bytes at 4 KiB page `page`. */
  insert(asid: number, vmid: number, page: number, granuleLog2: number, sizeLog2: number): void {
    this.hasInsertions = true;
    const space = this.space(asid, vmid);
    space.granuleLog2 = granuleLog2;
    if (space.blocks.size > 0) {
      for (const size of space.sizes) {
        if (size > sizeLog2) space.blocks.delete(blockKey(page, size));
      }
    }
    if (sizeLog2 <= granuleLog2) return;
    const key = blockKey(page, sizeLog2);
    space.blocks.delete(key);
    if (space.blocks.size >= MAX_BLOCKS) {
      const [oldest] = space.blocks;
      space.blocks.delete(oldest);
    }
    space.blocks.add(key);
    if (!space.sizes.includes(sizeLog2)) space.sizes = [...space.sizes, sizeLog2].sort((a, b) => b - a);
  }

  /** log2 of the bytes of the page or block that a hit at `page` used; 0 if not known. */
  sizeLog2At(asid: number, vmid: number, page: number): number {
    const space = this.space(asid, vmid);
    if (space.blocks.size > 0) {
      for (const size of space.sizes) {
        if (space.blocks.has(blockKey(page, size))) return size;
      }
    }
    return this.hasInsertions ? space.granuleLog2 : 0;
  }

  private space(asid: number, vmid: number): AddressSpace {
    const key = (asid + 1) * 2 ** 17 + vmid + 1;
    if (key === this.lastKey) return this.last;
    let found = this.spaces.get(key);
    if (found === undefined) {
      if (this.spaces.size >= MAX_ADDRESS_SPACES) this.spaces.clear();
      found = new AddressSpace();
      this.spaces.set(key, found);
    }
    this.lastKey = key;
    this.last = found;
    return found;
  }
}

/** Identity of the block of 2^`sizeLog2` bytes that holds 4 KiB page `page`. */
function blockKey(page: number, sizeLog2: number): number {
  const pages = 2 ** (sizeLog2 - PAGE_SHIFT);
  const first = Math.floor(page / pages) * (pages / SMALLEST_BLOCK_PAGES);
  return first * SIZE_SLOTS + sizeLog2;
}
