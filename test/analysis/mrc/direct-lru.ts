/**
 * Fully associative LRU TLBs simulated directly, one per size: the brute force that the one-pass curve must equal.
 *
 * Deliberately slow and plain: a translation is an object, a cache is a list with the most recent first, commands are
 * decoded to fields and every entry is tested.
 */
import { type CommandWords, decodeCommand } from '../../../src/trace/command.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../../../src/trace/events.js';
import { Opcode } from '../../../src/trace/opcodes.js';

interface Translation {
  readonly asid: number;
  readonly vmid: number;
  readonly isStage2: boolean;
  readonly page: number;
  readonly pages: number;
}

/** Caches of several sizes fed by one trace. */
export class DirectLru {
  readonly misses: number[];
  accesses = 0;
  readonly #caches: Translation[][];
  /** What was used and not invalidated since, to tell which page a row without a page size means. */
  #live: Translation[] = [];
  readonly #pending = new Map<number, CommandWords[]>();

  constructor(readonly sizes: readonly number[]) {
    this.misses = sizes.map(() => 0);
    this.#caches = sizes.map(() => []);
  }

  consume(batch: EventBatch): void {
    for (let row = 0; row < batch.count; row++) {
      if (batch.kind[row] === EventKind.Dma) {
        if (batch.outcome[row] <= Outcome.Miss) this.#access(batch, row);
      } else if (batch.kind[row] === EventKind.Cmd) {
        const queue = this.#pending.get(batch.queue[row]) ?? [];
        this.#pending.set(batch.queue[row], queue);
        queue.push([batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]]);
      } else if (batch.kind[row] === EventKind.Doorbell) {
        for (const words of this.#pending.get(batch.queue[row]) ?? []) this.#execute(words);
        this.#pending.delete(batch.queue[row]);
      }
    }
  }

  #access(batch: EventBatch, row: number): void {
    this.accesses++;
    const isStage2 = (batch.flags[row] & EventFlag.Stage2) !== 0;
    const tag = { asid: isStage2 ? -1 : batch.asid[row], vmid: batch.vmid[row], isStage2 };
    const at = batch.iovaPage[row];
    const blockOf = (sizeLog2: number): Translation => {
      const pages = 2 ** (sizeLog2 - 12);
      return { ...tag, page: Math.floor(at / pages) * pages, pages };
    };
    let wanted = blockOf(batch.pageSizeLog2[row] || batch.granuleLog2[row] || 12);
    if (batch.pageSizeLog2[row] === 0) {
      const covering = this.#live
        .filter((entry) => isSameTag(entry, wanted) && entry.page <= at && at < entry.page + entry.pages)
        .sort((a, b) => b.pages - a.pages);
      wanted = covering[0] ?? wanted;
    }
    if (!this.#live.some((entry) => isSame(entry, wanted))) this.#live.push(wanted);
    this.sizes.forEach((size, index) => {
      const cache = this.#caches[index];
      const position = cache.findIndex((entry) => isSame(entry, wanted));
      if (position >= 0) cache.splice(position, 1);
      else this.misses[index]++;
      cache.unshift(wanted);
      if (cache.length > size) cache.pop();
    });
  }

  #execute(words: CommandWords): void {
    const isGone = (entry: Translation): boolean => isCovered(words, entry);
    this.#live = this.#live.filter((entry) => !isGone(entry));
    for (let index = 0; index < this.#caches.length; index++) {
      this.#caches[index] = this.#caches[index].filter((entry) => !isGone(entry));
    }
  }
}

function isSameTag(a: Translation, b: Translation): boolean {
  return a.asid === b.asid && a.vmid === b.vmid && a.isStage2 === b.isStage2;
}

function isSame(a: Translation, b: Translation): boolean {
  return a.page === b.page && a.pages === b.pages && isSameTag(a, b);
}

/** Does the command name the translation? An identifier of −1 is unknown and matches. */
function isCovered(words: CommandWords, entry: Translation): boolean {
  const { OP, ASID = 0, VMID = 0, ADDR = 0, TG = 0, NUM = 0, SCALE = 0 } = decodeCommand(words);
  const isVmid = entry.vmid === -1 || entry.vmid === VMID;
  const isAsid = entry.asid === -1 || entry.asid === ASID;
  const granulePages = TG === 0 ? 1 : 4 ** (TG - 1);
  const first = Math.floor(ADDR / granulePages) * granulePages;
  const pages = TG === 0 ? 1 : (NUM + 1) * 2 ** SCALE * granulePages;
  const overlaps = entry.page < first + pages && first < entry.page + entry.pages;
  switch (OP) {
    case Opcode.TLBI_NH_VA:
      return !entry.isStage2 && isVmid && isAsid && overlaps;
    case Opcode.TLBI_NH_VAA:
      return !entry.isStage2 && isVmid && overlaps;
    case Opcode.TLBI_NH_ASID:
      return !entry.isStage2 && isVmid && isAsid;
    case Opcode.TLBI_NH_ALL:
      return !entry.isStage2 && isVmid;
    case Opcode.TLBI_S2_IPA:
      return entry.isStage2 && isVmid && overlaps;
    case Opcode.TLBI_S12_VMALL:
      return isVmid;
    case Opcode.TLBI_NSNH_ALL:
      return true;
    default:
      return false;
  }
}
