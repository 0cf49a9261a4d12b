/** What the oracles' walk with `firstChunkPages` passes. */
import { firstChunkPages } from '../../src/analysis/oracle/aligned-chunks.js';
import { ADDRESS_SPACE_PAGES } from '../../src/trace/units.js';

/**
 * All chunks of the range, as pairs `[first page, pages]` in ascending order.
 */
export function alignedChunks(page: number, pages: number): [page: number, pages: number][] {
  const chunks: [number, number][] = [];
  let at = page;
  let left = pages;
  while (left > 0) {
    const chunk = firstChunkPages(at, left);
    chunks.push([at, chunk]);
    left -= chunk;
    at += chunk;
    // 64-bit addresses wrap, as they do in QEMU.
    if (at >= ADDRESS_SPACE_PAGES) at -= ADDRESS_SPACE_PAGES;
  }
  return chunks;
}
