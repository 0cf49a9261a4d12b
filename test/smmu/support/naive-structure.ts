/**
 * One structure with miss causes, stale marks and counters, all by linear search: the brute-force twin of Structure,
 * MissHistory, ShadowLru and StaleUse together. It keeps a history of its own, unbounded, whatever the model shares.
 */
import type { CommandWords } from '../../../src/trace/command.js';
import { NaiveCache, type NaiveLine } from './naive-cache.js';
import { covers, type Filing, holds, type NaiveEntry, removes } from './naive-coverage.js';

/** A guest command that the guest has not yet seen complete. */
interface NaivePending {
  readonly words: CommandWords;
  readonly number: number;
  readonly queue: number;
}

/** What the structures of one naive SMMU share. */
export interface NaiveWorld {
  /** smmu.ttl=strict */
  readonly isTtlStrict: boolean;
  pending: NaivePending[];
  /** By queue: the last command whose SYNC the guest has seen. */
  readonly seen: Map<number, number>;
  event: number;
  sid: number;
  page: bigint;
  readonly violations: {
    event: number;
    structure: string;
    command: number;
    queue: number;
    sid: number;
    iova: string;
  }[];
}

interface PastEntry extends NaiveEntry {
  state: 'held' | 'invalidated' | 'collateral';
  lostAt: number;
  leafLog2: number;
}

const sameKey = (a: NaiveEntry, b: NaiveEntry): boolean =>
  a.base === b.base && a.sizeLog2 === b.sizeLog2 && a.group === b.group && a.member === b.member;

/** A structure that never evicts: all that was ever filled, and how it was lost. */
export class NaivePast {
  private readonly entries: PastEntry[] = [];
  private losses = 0;

  constructor(
    private readonly filing: Filing,
    private readonly world: NaiveWorld,
  ) {}

  hold(page: bigint, sizeLog2: number, group: number, member: number, leafLog2 = 0): void {
    const base = (page >> BigInt(sizeLog2 - 12)) << BigInt(sizeLog2 - 12);
    const entry: PastEntry = { base, sizeLog2, group, member, state: 'held', lostAt: 0, leafLog2 };
    const known = this.entries.find((one) => sameKey(one, entry));
    if (known === undefined) this.entries.push(entry);
    else Object.assign(known, { state: 'held', leafLog2 });
  }

  lose(words: CommandWords, targetSid: number): void {
    this.losses++;
    for (const one of this.entries) {
      if (one.state !== 'held' || !removes(words, targetSid, this.filing, one, this.world.isTtlStrict)) continue;
      const isWish = this.world.pending.some((command) => covers(command.words, -1, this.filing, one));
      one.state = isWish ? 'invalidated' : 'collateral';
      one.lostAt = this.losses;
    }
  }

  /** The guest asks for what the host may have taken before: it would be gone now in any case. */
  wish(words: CommandWords): void {
    for (const one of this.entries) {
      if (one.state === 'collateral' && covers(words, -1, this.filing, one)) one.state = 'invalidated';
    }
  }

  /** The entries that hold the page (of exactly `sizeLog2`, if given). */
  private covering(page: bigint, group: number, member: number, sizeLog2: number): PastEntry[] {
    return this.entries.filter(
      (one) =>
        one.group === group &&
        one.member === member &&
        holds(one, page) &&
        (sizeLog2 === 0 || one.sizeLog2 === sizeLog2),
    );
  }

  /** The entries still held that hold the page. */
  held(page: bigint, group: number, member: number, sizeLog2: number): PastEntry[] {
    return this.covering(page, group, member, sizeLog2).filter((one) => one.state === 'held');
  }

  /** How the page was lost: by the last command that removed an entry over it (the largest, if several); null: never. */
  loss(page: bigint, group: number, member: number, sizeLog2: number): 'invalidated' | 'collateral' | null {
    const lost = this.covering(page, group, member, sizeLog2).filter((one) => one.state !== 'held');
    lost.sort((a, b) => b.lostAt - a.lostAt || b.sizeLog2 - a.sizeLog2);
    return lost.length === 0 ? null : (lost[0].state as 'invalidated' | 'collateral');
  }
}

export class NaiveStructure {
  readonly cache: NaiveCache;
  readonly counts = {
    lookups: 0,
    hits: 0,
    misses: 0,
    cold: 0,
    capacity: 0,
    conflict: 0,
    invalidated: 0,
    collateral: 0,
    staleInWindow: 0,
    staleAfterSync: 0,
  };
  private readonly past: NaivePast;
  /** Keys of a fully associative LRU of the same size, most recent first. */
  private shadow: NaiveEntry[] = [];

  constructor(
    readonly name: string,
    readonly filing: Filing,
    readonly entries: number,
    ways: number,
    private readonly policy: string,
    readonly latencyNs: number,
    private readonly world: NaiveWorld,
  ) {
    this.cache = new NaiveCache(entries, ways, policy, null);
    this.past = new NaivePast(filing, world);
  }

  lookup(page: bigint, group: number, member: number, sizeLog2 = 0): NaiveLine | null {
    this.counts.lookups++;
    const line = this.cache.lookup(page, group, member, sizeLog2);
    if (line === null) {
      this.counts.misses++;
      this.counts[this.cause(page, group, member, sizeLog2)]++;
      return null;
    }
    this.counts.hits++;
    this.touchShadow(line);
    if (line.mark !== null) this.useStale(line.mark);
    return line;
  }

  fill(
    page: bigint,
    sizeLog2: number,
    group: number,
    member: number,
    leafLog2 = 0,
    mark: NaiveLine['mark'] = null,
  ): void {
    const line = this.cache.fill(page, sizeLog2, group, member);
    line.leafLog2 = leafLog2;
    line.mark = mark;
    this.touchShadow(line);
    this.past.hold(page, sizeLog2, group, member, leafLog2);
  }

  invalidate(words: CommandWords, targetSid: number): number {
    const isCovered = (entry: NaiveEntry): boolean =>
      removes(words, targetSid, this.filing, entry, this.world.isTtlStrict);
    this.past.lose(words, targetSid);
    this.shadow = this.shadow.filter((entry) => !isCovered(entry));
    return this.cache.invalidate(isCovered);
  }

  markStale(words: CommandWords, number: number, queue: number): void {
    this.past.wish(words);
    for (const line of this.cache.lines) {
      if (line.mark === null && covers(words, -1, this.filing, line)) line.mark = { number, queue };
    }
  }

  private cause(page: bigint, group: number, member: number, sizeLog2: number): keyof NaiveStructure['counts'] {
    const held = this.past.held(page, group, member, sizeLog2);
    if (held.length === 0) return this.past.loss(page, group, member, sizeLog2) ?? 'cold';
    if (this.policy === 'flush-when-full') return 'capacity';
    const isInShadow = this.shadow.some((entry) => held.some((one) => sameKey(entry, one)));
    return isInShadow ? 'conflict' : 'capacity';
  }

  private touchShadow({ base, sizeLog2, group, member, leafLog2 }: NaiveLine): void {
    const key = { base, sizeLog2, group, member, leafLog2 };
    this.shadow = [key, ...this.shadow.filter((entry) => !sameKey(entry, key))].slice(0, this.entries);
  }

  private useStale(mark: NonNullable<NaiveLine['mark']>): void {
    const { world } = this;
    if (mark.number > (world.seen.get(mark.queue) ?? -1)) {
      this.counts.staleInWindow++;
      return;
    }
    this.counts.staleAfterSync++;
    if (world.violations.length < 10) {
      world.violations.push({
        event: world.event,
        structure: this.name,
        command: mark.number,
        queue: mark.queue,
        sid: world.sid,
        iova: `0x${(world.page << 12n).toString(16)}`,
      });
    }
  }
}
