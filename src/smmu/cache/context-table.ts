/**
 * Dense small numbers for the contexts that entries are filed under: (VMID, ASID) or (SID, SSID).
 *
 * Layout: context c belongs to group index groupOf[c] and has member[c] (−1 = none); groups are numbered densely too.
 * Numbers are given on first sight and never taken back: the table is bounded by the contexts that a trace names, not by
 * its length. An open-addressing index over typed arrays finds a number in O(1).
 */
export const UNKNOWN = -1;

export class ContextTable {
  count = 0;
  groups = 0;
  groupOf = new Int32Array(16);
  member = new Int32Array(16);
  /** Group value and member mixed, by context: spreads the contexts over the sets of a structure (M §1.3). */
  salt = new Int32Array(16);
  /** Group value (VMID or SID) by group index. */
  group = new Float64Array(16);
  private index = new Int32Array(64);
  private groupIndex = new Int32Array(64);

  /** Number of context (group, member), or UNKNOWN. */
  find(group: number, member: number): number {
    const { index } = this;
    const mask = index.length - 1;
    for (let at = hash(group | 0, member) & mask; ; at = (at + 1) & mask) {
      const context = index[at] - 1;
      if (context < 0) return UNKNOWN;
      if (this.member[context] === member && this.group[this.groupOf[context]] === group) return context;
    }
  }

  /** Group index of `group`, or UNKNOWN. */
  findGroup(group: number): number {
    const { groupIndex } = this;
    const mask = groupIndex.length - 1;
    for (let at = hash(group | 0, 0) & mask; ; at = (at + 1) & mask) {
      const found = groupIndex[at] - 1;
      if (found < 0 || this.group[found] === group) return found < 0 ? UNKNOWN : found;
    }
  }

  /** Number of context (group, member), given now if it is new. */
  intern(group: number, member: number): number {
    const found = this.find(group, member);
    if (found !== UNKNOWN) return found;
    if (this.count === this.member.length) this.grow();
    const context = this.count++;
    this.member[context] = member;
    this.groupOf[context] = this.internGroup(group);
    this.salt[context] = group ^ Math.max(0, member);
    this.insert(context);
    return context;
  }

  private internGroup(group: number): number {
    const found = this.findGroup(group);
    if (found !== UNKNOWN) return found;
    const number = this.groups++;
    this.group[number] = group;
    this.insertGroup(number);
    return number;
  }

  private insert(context: number): void {
    const mask = this.index.length - 1;
    let at = hash(this.group[this.groupOf[context]] | 0, this.member[context]) & mask;
    while (this.index[at] !== 0) at = (at + 1) & mask;
    this.index[at] = context + 1;
  }

  private insertGroup(number: number): void {
    const mask = this.groupIndex.length - 1;
    let at = hash(this.group[number] | 0, 0) & mask;
    while (this.groupIndex[at] !== 0) at = (at + 1) & mask;
    this.groupIndex[at] = number + 1;
  }

  /** Double the room for contexts (and with it for groups, of which there are never more). */
  private grow(): void {
    const capacity = this.member.length * 2;
    this.groupOf = widened(this.groupOf, new Int32Array(capacity));
    this.member = widened(this.member, new Int32Array(capacity));
    this.salt = widened(this.salt, new Int32Array(capacity));
    this.group = widened(this.group, new Float64Array(capacity));
    this.index = new Int32Array(capacity * 4);
    this.groupIndex = new Int32Array(capacity * 4);
    for (let context = 0; context < this.count; context++) this.insert(context);
    for (let number = 0; number < this.groups; number++) this.insertGroup(number);
  }
}

function widened<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function hash(a: number, b: number): number {
  const mixed = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
