/**
 * Which commands of one recording are which of another of the same run.
 *
 * The side of the submissions (the guest's own ftrace) is a window of the other's command stream (QEMU's log, which
 * has the boot too). A submission stands there as a contiguous run of commands. On several CPUs the order of entering
 * the driver's function is not quite that of the queue, so at every position the next submission of each vCPU may come.
 *
 * Where the window begins is searched: a place from which the next submissions follow one another. Workloads repeat
 * themselves, so there may be several; the clocks of one run keep step with each other, so the place is the one where the
 * time differences vary least. Commands that only one side has are passed over; after too many the search begins anew.
 */
import { median, medianAbsoluteDeviation } from 'simple-statistics';
import type { Recording } from './recording.js';
import { isSameCommand } from './same-command.js';

/** Submissions that must follow a place for it to be the beginning, and foreign commands allowed among them. */
const CONFIRMATIONS = 256;
const ALLOWED_STRANGERS = 4;
/** How far submissions may be out of order while a beginning is confirmed. */
const ORDER_WINDOW = 16;
/** Commands behind the first possible beginning among which the best is chosen. */
const SEARCH_COMMANDS = 4096;
/** Submissions that may be missing on the other side before a beginning. */
const SEARCH_SUBMISSIONS = 64;
/** Commands without a partner in a row that end the agreement. */
const MAX_STRANGERS = 64;

/** Time differences this close are the same: the delay between entry and doorbell varies by as much. */
const TOLERANCE_NS = 50_000;

/** No driver takes longer from its entry to the doorbell; a pair that is further off is not one. */
const LONGEST_DELAY_NS = 50_000_000;

const NONE = -1;

/** A place where the recordings may come into step. */
interface Beginning {
  /** Command of the stream. */
  readonly at: number;
  /** The submission that stands there, and the earliest of those that follow (it may stand behind others). */
  readonly begin: number;
  readonly lowest: number;
  /** Commands without a partner among the first, and pairs whose times cannot be of one submission. */
  readonly strangers: number;
  /** Time difference of the submissions from there on. */
  readonly differenceNs: number;
  /** How much it varies. */
  readonly strayNs: number;
}

/** The result. */
export interface Alignment {
  /** By command of `stream`: the submission that begins there, or −1. */
  readonly submissionAt: Int32Array;
  /** Commands of `stream` from the first to one behind the last that has a partner. */
  readonly from: number;
  readonly to: number;
  /** Commands with a partner. */
  readonly matched: number;
  readonly matchedSubmissions: number;
  /** Submissions that stand in `stream` before one that entered the driver earlier. */
  readonly outOfOrder: number;
}

/** Find the submissions of `calls` among the commands of `stream`; without clocks only their order tells. */
export function align(calls: Recording, stream: Recording, hasClocks: boolean): Alignment {
  return new Aligner(calls, stream, hasClocks).run();
}

class Aligner {
  private readonly submissionAt: Int32Array;
  private readonly isMatched: Uint8Array;
  /** The next submission of the same vCPU. */
  private readonly nextOfVcpu: Int32Array;
  private readonly heads = new Map<number, number>();
  /** First submission that has not been matched or passed over. */
  private first = 0;
  /** Submissions before this one are out of play. */
  private floor = 0;

  constructor(
    private readonly calls: Recording,
    private readonly stream: Recording,
    private readonly hasClocks: boolean,
  ) {
    const { submissions } = calls;
    this.submissionAt = new Int32Array(stream.commands).fill(NONE);
    this.isMatched = new Uint8Array(submissions.length);
    this.nextOfVcpu = new Int32Array(submissions.length).fill(NONE);
    const latest = new Map<number, number>();
    for (let index = 0; index < submissions.length; index++) {
      const before = latest.get(submissions[index].vcpu);
      if (before !== undefined) this.nextOfVcpu[before] = index;
      latest.set(submissions[index].vcpu, index);
    }
  }

  run(): Alignment {
    const { calls, stream, submissionAt } = this;
    let at = 0;
    let isInStep = false;
    let strangers = 0;
    let from = 0;
    let to = 0;
    let matched = 0;
    let matchedSubmissions = 0;
    let outOfOrder = 0;
    let latest = NONE;
    while (at < stream.commands && this.first < calls.submissions.length) {
      if (!isInStep) {
        const begin = this.bestBeginning(at);
        if (begin === undefined) break;
        at = begin.at;
        this.startFrom(begin.lowest);
        isInStep = true;
        strangers = 0;
      }
      const index = this.candidateAt(at);
      if (index === NONE) {
        at++;
        if (++strangers >= MAX_STRANGERS) isInStep = false;
        continue;
      }
      strangers = 0;
      if (matched === 0) from = at;
      submissionAt[at] = index;
      this.take(index);
      if (index < latest) outOfOrder++;
      else latest = index;
      at += calls.submissions[index].count;
      to = at;
      matched += calls.submissions[index].count;
      matchedSubmissions++;
    }
    return { submissionAt, from, to, matched, matchedSubmissions, outOfOrder };
  }

  /**
   * The most plausible place from command `from` on where the recordings come into step. Once in step they stay so: the
   * steadiest place tells the true difference of the clocks, and the beginning is the first place that agrees with it.
   */
  private bestBeginning(from: number): Beginning | undefined {
    const places: Beginning[] = [];
    let end = this.stream.commands;
    for (let at = from; at < end; at++) {
      const isFirst = places.length === 0;
      if (this.addBeginnings(at, places) && isFirst) end = Math.min(end, at + SEARCH_COMMANDS);
    }
    if (places.length === 0) return undefined;
    const steadiest = places.reduce((best, place) => (place.strayNs < best.strayNs ? place : best));
    const tolerance = Math.max(TOLERANCE_NS, 4 * steadiest.strayNs);
    const agreeing = places.filter((place) => Math.abs(place.differenceNs - steadiest.differenceNs) <= tolerance);
    return this.extendBack(
      agreeing.reduce((best, place) => (place.strangers < best.strangers ? place : best)),
      from,
    );
  }

  /** Submissions that stand directly before a beginning belong to it: the first ones are slow and vary more in time. */
  private extendBack(place: Beginning, from: number): Beginning {
    const { submissions } = this.calls;
    let { at, lowest } = place;
    let passed = 0;
    for (let index = place.begin - 1; index >= this.first && passed < ORDER_WINDOW; index--) {
      const start = at - submissions[index].count;
      if (start < from || this.isMatched[index] === 1 || !this.standsAt(index, start)) {
        passed++;
        continue;
      }
      at = start;
      passed = 0;
      lowest = Math.min(lowest, index);
    }
    return { ...place, at, lowest };
  }

  /** Add the ways in which the recordings may come into step at command `at`; false if there is none. */
  private addBeginnings(at: number, places: Beginning[]): boolean {
    const { length } = this.calls.submissions;
    // Enough submissions must be left to tell; of a short recording half of them.
    const last = length - Math.min(ORDER_WINDOW, Math.ceil((length - this.first) / 2));
    const end = Math.min(last + 1, this.first + SEARCH_SUBMISSIONS);
    const before = places.length;
    for (let index = this.first; index < end; index++) {
      if (this.isMatched[index] === 1 || !this.standsAt(index, at)) continue;
      const found = this.confirm(index, at);
      if (found !== undefined) places.push(found);
    }
    return places.length > before;
  }

  /** Do the submissions from about `begin` on stand, roughly in order, from command `at` on? */
  private confirm(begin: number, at: number): Beginning | undefined {
    const { submissions } = this.calls;
    const wanted = Math.min(CONFIRMATIONS, submissions.length - begin);
    const used = new Set<number>();
    const differences: number[] = [];
    let position = at;
    let low = Math.max(this.first, begin - ORDER_WINDOW);
    let top = begin;
    let strangers = 0;
    while (used.size < wanted && position < this.stream.commands) {
      let found = NONE;
      const end = Math.min(submissions.length, top + ORDER_WINDOW);
      for (let index = low; index < end && found === NONE; index++) {
        if (!used.has(index) && this.isMatched[index] === 0 && this.standsAt(index, position)) found = index;
      }
      if (found === NONE) {
        if (++strangers > ALLOWED_STRANGERS) return undefined;
        position++;
        continue;
      }
      used.add(found);
      const publishedNs = this.stream.publishedNs[position] ?? 0;
      differences.push(this.hasClocks ? publishedNs - submissions[found].doorbellNs : 0);
      position += submissions[found].count;
      top = Math.max(top, found + 1);
      low = Math.max(low, top - 2 * ORDER_WINDOW);
    }
    // If the stream ends first, what there was must have been nearly all agreement.
    if (used.size < Math.min(wanted, ORDER_WINDOW)) return undefined;
    const differenceNs = median(differences);
    for (const difference of differences) if (Math.abs(difference - differenceNs) > LONGEST_DELAY_NS) strangers++;
    if (strangers > ALLOWED_STRANGERS) return undefined;
    return {
      at,
      begin,
      lowest: Math.min(...used),
      strangers,
      differenceNs,
      strayNs: medianAbsoluteDeviation(differences),
    };
  }

  private startFrom(begin: number): void {
    const { submissions } = this.calls;
    this.floor = begin;
    this.first = begin;
    this.heads.clear();
    for (let index = begin; index < submissions.length; index++) {
      if (this.isMatched[index] === 1 || this.heads.has(submissions[index].vcpu)) continue;
      this.heads.set(submissions[index].vcpu, index);
      // A vCPU that is silent for so long has no submission under way now.
      if (index - begin > CONFIRMATIONS * ORDER_WINDOW) break;
    }
  }

  /** The earliest submission that may come next and stands at command `at`. */
  private candidateAt(at: number): number {
    let found = NONE;
    for (const head of this.heads.values()) {
      const limitNs = this.calls.submissions[head].doneNs;
      // An interrupt may submit while its task is inside the driver, and overtake it.
      for (let index = head; index !== NONE; index = this.nextOfVcpu[index]) {
        if (index !== head && this.calls.submissions[index].doorbellNs >= limitNs) break;
        if (found !== NONE && index > found) break;
        if (this.isMatched[index] === 0 && this.standsAt(index, at)) {
          found = index;
          break;
        }
      }
    }
    return found;
  }

  private take(index: number): void {
    const { submissions } = this.calls;
    this.isMatched[index] = 1;
    const { vcpu } = submissions[index];
    let head = this.heads.get(vcpu) ?? NONE;
    while (head !== NONE && this.isMatched[head] === 1) head = this.nextOfVcpu[head];
    if (head === NONE) this.heads.delete(vcpu);
    else this.heads.set(vcpu, head);
    while (this.first < submissions.length && this.isMatched[this.first] === 1) {
      this.first++;
      this.admit(this.first);
    }
  }

  /** A vCPU that had no head gets one when play reaches it. */
  private admit(index: number): void {
    const submission = this.calls.submissions[index];
    if (submission === undefined || this.isMatched[index] === 1 || index < this.floor) return;
    const head = this.heads.get(submission.vcpu);
    if (head === undefined || head > index) this.heads.set(submission.vcpu, index);
  }

  /** Are the commands of submission `index` those of the stream from `at` on? */
  private standsAt(index: number, at: number): boolean {
    const { calls, stream } = this;
    const { first, count } = calls.submissions[index];
    if (at + count > stream.commands) return false;
    for (let offset = 0; offset < count; offset++) {
      const i = first + offset;
      const j = at + offset;
      if (!isSameCommand(calls.commandBatch[i], calls.commandRow[i], stream.commandBatch[j], stream.commandRow[j])) {
        return false;
      }
    }
    return true;
  }
}
