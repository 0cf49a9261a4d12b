/**
 * Which slots hold entries of which context and group: the lists that make `by ASID`, `by VMID` and `by SID`
 * invalidations cost O(entries removed).
 *
 * Layout: slots are listed by context, contexts that have entries by group, groups that have entries in one list.
 */
import { SlotLists } from './slot-lists.js';

export class ContextLists {
  private readonly slots = new SlotLists(0, 0);
  private readonly contexts = new SlotLists(0, 0);
  private readonly groups = new SlotLists(1, 0);
  private entries = new Int32Array(0);

  /** True if nothing is listed. */
  get isEmpty(): boolean {
    return this.groups.head[0] < 0;
  }

  /** Entries of `context`. */
  size(context: number): number {
    return context < this.entries.length ? this.entries[context] : 0;
  }

  add(slot: number, context: number, group: number): void {
    if (slot >= this.slots.next.length) this.slots.growSlots(slot + 1);
    if (context >= this.entries.length) this.growContexts(context + 1);
    if (this.entries[context]++ === 0) this.addContext(context, group);
    this.slots.pushFront(context, slot);
  }

  remove(slot: number, context: number, group: number): void {
    this.slots.remove(context, slot);
    if (--this.entries[context] > 0) return;
    this.contexts.remove(group, context);
    if (this.contexts.head[group] < 0) this.groups.remove(0, group);
  }

  first(context: number): number {
    return this.slots.head[context];
  }

  next(slot: number): number {
    return this.slots.next[slot];
  }

  firstContext(group: number): number {
    return group < this.contexts.head.length ? this.contexts.head[group] : -1;
  }

  nextContext(context: number): number {
    return this.contexts.next[context];
  }

  firstGroup(): number {
    return this.groups.head[0];
  }

  nextGroup(group: number): number {
    return this.groups.next[group];
  }

  private addContext(context: number, group: number): void {
    if (group >= this.contexts.head.length) {
      this.contexts.growLists(group + 1);
      this.groups.growSlots(this.contexts.head.length);
    }
    if (this.contexts.head[group] < 0) this.groups.pushFront(0, group);
    this.contexts.pushFront(group, context);
  }

  private growContexts(contexts: number): void {
    this.slots.growLists(contexts);
    const length = this.slots.head.length;
    this.contexts.growSlots(length);
    const entries = new Int32Array(length);
    entries.set(this.entries);
    this.entries = entries;
  }
}
