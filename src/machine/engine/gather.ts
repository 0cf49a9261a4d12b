/**
 * Who writes PROD for whom: the owner protocol of one command queue (facts L §3.1 steps 1 and 4).
 *
 * The first producer to reserve slots while no set is open owns a new set; producers that reserve until the owner closes it
 * ride along. The owner waits until the previous set's PROD write is out, closes its set, waits until everybody in it has
 * filled its slots, and writes PROD once for all of them. A producer that rides along only fills its slots.
 */
import type { Simulator } from '../sim/simulator.js';

/** Producers whose entries one PROD write makes visible. */
export class GatherSet {
  /** Place of the set among all sets of its queue. */
  number = 0;
  /** Actor that writes PROD. */
  owner = 0;
  /** First entry of the list that joined last, and end of the set so far (sequence numbers). */
  joinedSequence = 0;
  endSequence = 0;
  /** Lists that have reserved slots and not filled them. */
  unfilled = 0;
  /** The owner sleeps until the set before is published, or until everything in this one is filled. */
  isOwnerWaiting = false;
  /** The set after this one, in whichever list this one is. */
  next: GatherSet | undefined = undefined;
}

/** The owner protocol of one queue. */
export class Gather {
  /** PROD writes so far, and the command lists that they made visible. */
  prodWrites = 0;
  lists = 0;
  private sets = 0;
  private open: GatherSet | undefined;
  /** The newest of the sets that are not yet published; each knows the one after it. */
  private newest: GatherSet | undefined;
  /** Sets to use again, last published first. */
  private spare: GatherSet | undefined;

  constructor(private readonly simulator: Simulator) {}

  /** `producer` has reserved `slots` entries from `sequence` on. */
  join(sequence: number, slots: number, producer: number): GatherSet {
    let set = this.open;
    if (set === undefined) {
      set = this.newSet();
      set.number = this.sets++;
      set.owner = producer;
      this.open = set;
    }
    set.joinedSequence = sequence;
    set.endSequence = sequence + slots;
    set.unfilled++;
    this.lists++;
    return set;
  }

  /** A list of `set` has filled its slots. */
  filled(set: GatherSet): void {
    set.unfilled--;
    if (set.unfilled === 0 && set !== this.open) this.wakeOwner(set);
  }

  /** The owner of `set` closes it as soon as it may; true if PROD can be written now, false if the owner will be woken. */
  close(set: GatherSet): boolean {
    set.isOwnerWaiting = true;
    if (set.number !== this.prodWrites) return false;
    if (set === this.open) this.open = undefined;
    if (set.unfilled > 0) return false;
    set.isOwnerWaiting = false;
    return true;
  }

  /** PROD has been written for `set`, the oldest: the next owner's turn. */
  published(set: GatherSet): void {
    this.prodWrites++;
    const { next } = set;
    set.next = this.spare;
    this.spare = set;
    if (next === undefined) this.newest = undefined;
    else this.wakeOwner(next);
  }

  /** A set behind all that are not yet published. */
  private newSet(): GatherSet {
    const set = this.spare ?? new GatherSet();
    this.spare = set.next;
    set.next = undefined;
    set.unfilled = 0;
    set.isOwnerWaiting = false;
    if (this.newest !== undefined) this.newest.next = set;
    this.newest = set;
    return set;
  }

  private wakeOwner(set: GatherSet): void {
    if (!set.isOwnerWaiting) return;
    set.isOwnerWaiting = false;
    this.simulator.schedule(this.simulator.nowNs, set.owner);
  }
}
