/**
 * A set-associative structure as a list that is searched from end to end: the brute-force twin of TaggedCache.
 */
import { EVERYTHING, type ReplacementPolicy } from '../../../src/smmu/policy/policy.js';
import { holds, type NaiveEntry } from './naive-coverage.js';

/** An entry with what policies want to know of it. */
export interface NaiveLine extends NaiveEntry {
  readonly set: number;
  readonly way: number;
  lastUse: number;
  /** RRIP: predicted re-reference interval, and when it was last predicted. */
  prediction: number;
  predictedAt: number;
  leafLog2: number;
  /** Guest command that covered it, if any. */
  mark: { readonly number: number; readonly queue: number } | null;
}

export class NaiveCache {
  lines: NaiveLine[] = [];
  fills = 0;
  evictions = 0;
  invalidated = 0;
  private time = 0;
  private readonly sets: number;
  private readonly ways: number;
  private readonly policy: string;
  private readonly pointer: number[];
  /** Asked for victims only: `random` has no other definition than its generator. */
  private readonly dice: ReplacementPolicy | null;

  constructor(entries: number, ways: number, policy: string, dice: ReplacementPolicy | null) {
    this.ways = ways === 0 ? entries : ways;
    this.sets = entries / this.ways;
    this.policy = policy;
    this.dice = dice;
    this.pointer = new Array(this.sets).fill(0);
  }

  /** The largest line that holds the page (of exactly `sizeLog2`, if given); a hit counts as a use. */
  lookup(page: bigint, group: number, member: number, sizeLog2 = 0): NaiveLine | null {
    let best: NaiveLine | null = null;
    for (const line of this.lines) {
      if (line.group !== group || line.member !== member || !holds(line, page)) continue;
      if (sizeLog2 !== 0 && line.sizeLog2 !== sizeLog2) continue;
      if (best === null || line.sizeLog2 > best.sizeLog2) best = line;
    }
    if (best !== null) this.use(best);
    return best;
  }

  fill(page: bigint, sizeLog2: number, group: number, member: number): NaiveLine {
    const pages = 1n << BigInt(sizeLog2 - 12);
    const block = page / pages;
    const base = block * pages;
    const present = this.lines.find(
      (line) => line.base === base && line.sizeLog2 === sizeLog2 && line.group === group && line.member === member,
    );
    if (present !== undefined) {
      this.use(present);
      return present;
    }
    const ofSize = ((BigInt(sizeLog2 - 12) * 0x9e3779b1n) & 0xffffffffn) >> 7n;
    const salt = (BigInt(group) ^ BigInt(Math.max(0, member)) ^ ofSize) & 0xffffffffn;
    const set = Number(((block & 0xffffffffn) ^ salt) % BigInt(this.sets));
    if (this.lowestEmptyWay(set) === this.ways) this.evictFrom(set);
    const way = this.lowestEmptyWay(set);
    const line: NaiveLine = {
      base,
      sizeLog2,
      group,
      member,
      set,
      way,
      lastUse: ++this.time,
      prediction: 2,
      predictedAt: this.time,
      leafLog2: 0,
      mark: null,
    };
    this.lines.push(line);
    this.fills++;
    return line;
  }

  /** Remove what `isCovered` says; returns how many. */
  invalidate(isCovered: (line: NaiveLine) => boolean): number {
    const gone = this.lines.filter(isCovered);
    for (const line of gone) this.vacate(line);
    this.invalidated += gone.length;
    return gone.length;
  }

  private use(line: NaiveLine): void {
    line.lastUse = ++this.time;
    line.prediction = 0;
    line.predictedAt = this.time;
  }

  private evictFrom(set: number): void {
    const victim = this.victim(set);
    const gone = victim === null ? [...this.lines] : [victim];
    for (const line of gone) this.vacate(line);
    this.evictions += gone.length;
  }

  /** The line to evict; null = all. */
  private victim(set: number): NaiveLine | null {
    const lines = this.lines.filter((line) => line.set === set);
    const inWay = (way: number): NaiveLine => lines.find((line) => line.way === way) as NaiveLine;
    switch (this.policy) {
      case 'lru':
        return lines.reduce((oldest, line) => (line.lastUse < oldest.lastUse ? line : oldest));
      case 'round-robin': {
        const way = this.pointer[set];
        this.pointer[set] = (way + 1) % this.ways;
        return inWay(way);
      }
      case 'random': {
        const slot = (this.dice as ReplacementPolicy).victim(set);
        return slot === EVERYTHING ? null : inWay(slot % this.ways);
      }
      case 'rrip': {
        while (!lines.some((line) => line.prediction === 3)) for (const line of lines) line.prediction++;
        const distant = lines.filter((line) => line.prediction === 3);
        return distant.reduce((oldest, line) => (line.predictedAt < oldest.predictedAt ? line : oldest));
      }
      default:
        return null;
    }
  }

  private vacate(line: NaiveLine): void {
    this.lines = this.lines.filter((other) => other !== line);
  }

  /** The lowest way of the set without a line; the number of ways if there is none. */
  private lowestEmptyWay(set: number): number {
    let way = 0;
    while (this.lines.some((line) => line.set === set && line.way === way)) way++;
    return way;
  }
}
