/**
 * The TTL of a TLBI by address: does it name a level at which its range has a leaf? Hardware may look for leaves of that level
 * only (`smmu.ttl=strict`), and leaves others behind.
 *
 * Leaves are known from map events and from translations whose page size was recorded; a range without a known one is not
 * judged. A TLBI takes what is known of its range with it, and so does a mapping of another size. Only TLBI_NH_VA and
 * NH_VAA; at most 2^18 leaves: beyond that the rule forgets all, so that it may miss a breach but never invents one.
 */
import {
  asidOf,
  isAddressTlbi,
  opcodeOf,
  pageOfCommand,
  tgOf,
  tlbiPages,
  ttlAboveLog2,
  ttlLevelOf,
  ttlSmallestLog2,
} from '../../../trace/command.js';
import { ABSENT, type EventBatch, EventFlag, Outcome } from '../../../trace/events.js';
import { Opcode, opcodeClass, opcodeKey } from '../../../trace/opcodes.js';
import { formatIova, granuleLog2OfTg, PAGE_SHIFT } from '../../../trace/units.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

const MOST_LEAVES = 2 ** 18;

/** Known leaves of one ASID: by log2 of their bytes, the numbers of the blocks of that size. */
class Leaves {
  private readonly bySize = new Map<number, Set<number>>();

  /** Returns by how many leaves there are more now. */
  add(page: number, sizeLog2: number): number {
    const block = blockOf(page, sizeLog2);
    const known = this.bySize.get(sizeLog2);
    if (known?.has(block)) return 0;
    const pages = 2 ** (sizeLog2 - PAGE_SHIFT);
    const gone = this.forget(block * pages, (block + 1) * pages - 1);
    if (known === undefined) this.bySize.set(sizeLog2, new Set([block]));
    else known.add(block);
    return 1 - gone;
  }

  /** Sizes of the leaves on pages `first … last`, ascending. */
  sizesIn(first: number, last: number): number[] {
    const found = [...this.bySize].filter(([size, blocks]) => blocksIn(blocks, size, first, last).length > 0);
    return found.map(([size]) => size).sort((a, b) => a - b);
  }

  /** Returns how many there were on pages `first … last`. */
  forget(first: number, last: number): number {
    let gone = 0;
    for (const [size, blocks] of this.bySize) {
      for (const block of blocksIn(blocks, size, first, last)) {
        blocks.delete(block);
        gone++;
      }
    }
    return gone;
  }
}

const blockOf = (page: number, sizeLog2: number): number => Math.floor(page / 2 ** (sizeLog2 - PAGE_SHIFT));

/** Those of `blocks` on pages `first … last`: the shorter way to find them. */
function blocksIn(blocks: ReadonlySet<number>, sizeLog2: number, first: number, last: number): number[] {
  const from = blockOf(first, sizeLog2);
  const to = blockOf(last, sizeLog2);
  if (to - from >= blocks.size) return [...blocks].filter((block) => block >= from && block <= to);
  const found: number[] = [];
  for (let block = from; block <= to; block++) if (blocks.has(block)) found.push(block);
  return found;
}

class TtlWithoutLeaf implements LintCheck {
  private readonly leaves = new Map<number, Leaves>();
  private count = 0;

  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      map: ({ asid, iovaPage, pageSizeLog2, pages }, row) => {
        const size = pageSizeLog2[row];
        if (size < PAGE_SHIFT || pages[row] > MOST_LEAVES) return;
        const pagesEach = 2 ** (size - PAGE_SHIFT);
        for (let i = 0; i < pages[row]; i++) this.add(asid[row], iovaPage[row] + i * pagesEach, size);
      },
      dma: ({ asid, iovaPage, pageSizeLog2, outcome, flags }, row) => {
        const isTranslated =
          outcome[row] === Outcome.Unknown || outcome[row] === Outcome.Hit || outcome[row] === Outcome.Miss;
        if (pageSizeLog2[row] < PAGE_SHIFT || !isTranslated || (flags[row] & EventFlag.Stage2) !== 0) return;
        this.add(asid[row], iovaPage[row], pageSizeLog2[row]);
      },
      command: (batch, row) => {
        if (opcodeClass(opcodeOf(batch.cmd0Low[row])) !== 'tlbi') return;
        if ((batch.flags[row] & EventFlag.OpcodeOnly) === 0) this.tlbi(batch, row, report);
        else this.forgetAll();
      },
    });
  }

  private add(asid: number, page: number, sizeLog2: number): void {
    if (asid === ABSENT) return;
    let leaves = this.leaves.get(asid);
    if (leaves === undefined) {
      leaves = new Leaves();
      this.leaves.set(asid, leaves);
    }
    this.count += leaves.add(page, sizeLog2);
    if (this.count > MOST_LEAVES) this.forgetAll();
  }

  private tlbi({ cmd0Low, cmd0High, cmd1Low, cmd1High, line }: EventBatch, row: number, report: ReportBreach): void {
    const c0Low = cmd0Low[row];
    const c1Low = cmd1Low[row];
    const opcode = opcodeOf(c0Low);
    const concerned = this.concerned(opcode, asidOf(cmd0High[row]));
    const isRange = isAddressTlbi(opcode);
    const first = isRange ? pageOfCommand(c1Low, cmd1High[row]) : 0;
    const last = isRange ? first + tlbiPages(c0Low, c1Low) - 1 : Number.MAX_SAFE_INTEGER;
    if (isRange && ttlLevelOf(c1Low) > 0) {
      const sizes = concerned.flatMap((leaves) => leaves.sizesIn(first, last));
      const isNamed = (size: number) => size >= ttlSmallestLog2(c1Low) && size < ttlAboveLog2(c1Low);
      if (sizes.length > 0 && !sizes.some(isNamed)) {
        const granule = bytes(granuleLog2OfTg(tgOf(c1Low)));
        const found = [...new Set(sizes)].map(bytes).join(' and ');
        report(
          line[row],
          `${opcodeKey(opcode)} names level ${ttlLevelOf(c1Low)} of ${granule} granules at ${formatIova(first)}, where the trace has ${found}`,
        );
      }
    }
    for (const leaves of concerned) this.count -= leaves.forget(first, last);
  }

  /** The address spaces that a TLBI is about. */
  private concerned(opcode: number, asid: number): Leaves[] {
    if (opcode === Opcode.TLBI_NH_VA || opcode === Opcode.TLBI_NH_ASID) {
      const leaves = this.leaves.get(asid);
      return leaves === undefined ? [] : [leaves];
    }
    const isStage1 =
      opcode === Opcode.TLBI_NH_VAA ||
      opcode === Opcode.TLBI_NH_ALL ||
      opcode === Opcode.TLBI_S12_VMALL ||
      opcode === Opcode.TLBI_NSNH_ALL;
    return isStage1 ? [...this.leaves.values()] : [];
  }

  private forgetAll(): void {
    this.leaves.clear();
    this.count = 0;
  }
}

/** `4 KiB`, `2 MiB`, `1 GiB`. */
function bytes(log2: number): string {
  const unit = Math.min(4, Math.floor(log2 / 10));
  return `${2 ** (log2 - unit * 10)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

export const ttlWithoutLeaf: LintRule = {
  name: 'ttl-without-leaf',
  severity: 'warning',
  summary: 'where mappings are known, the TTL of a TLBI names a level at which its range has a leaf',
  create: () => new TtlWithoutLeaf(),
};
