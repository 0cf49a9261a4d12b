/**
 * Walks the lines of an intel-iommu log: prefix, event name, payload.
 */

import type { ReaderContext } from '../reader.js';
import { ascii } from '../text/line-cursor.js';
import { LineDecoder } from '../text/line-decoder.js';
import { LinePrefix } from '../text/qemu-line-prefix.js';
import { EVENT_NAME_TABLE, eventNameOf, KIND_OF_EVENT, LineKind } from './event-names.js';
import { Submissions } from './submissions.js';
import { Translations } from './translations.js';

const VTD = ascii('vtd_');
const TAIL = ascii('write tail ');
const DESCRIPTOR = ascii('invalidate desc type ');
const HIGH = ascii(' high 0x');
const LOW = ascii(' low 0x');
const PAGE_HIT = ascii('IOTLB page hit sid 0x');
const PAGE_UPDATE = ascii('IOTLB page update sid 0x');
const IOVA = ascii(' iova 0x');
const SLPTE = ascii(' slpte 0x');
const PTE = ascii(' pte 0x');
const DOMAIN = ascii(' domain 0x');
const DEVICE = ascii('dev ');
const GPA = ascii(' -> gpa 0x');
const MASK = ascii(' mask 0x');
const SID = ascii('sid 0x');
const FAULT = ascii(' fault ');
const FAULT_ADDRESS = ascii(' addr 0x');
const WRITE = ascii(' write ');

const MAX_ID = 0xffff;

/** One log, fed block by block. */
export class VtdLogDecoder extends LineDecoder {
  private readonly prefix = new LinePrefix();
  private readonly submissions: Submissions;
  private readonly translations: Translations;
  private sawEvent = false;

  constructor(context: ReaderContext) {
    super(context);
    context.statistics.isTracedInside = true;
    this.submissions = new Submissions(this.sink, context.statistics);
    this.translations = new Translations(this.sink);
  }

  /** End of the log: whatever is under way ends here. */
  finish(): void {
    this.translations.closeAll();
    this.submissions.settle();
  }

  protected decodeLine(isTerminated: boolean): void {
    const { cursor, prefix } = this;
    prefix.read(cursor);
    const event = EVENT_NAME_TABLE.lookup(cursor.bytes, cursor.at, cursor.end);
    if (event < 0 || !isTerminated) {
      this.context.statistics.foreignLines++;
      if (!isTerminated) this.note('last line is cut off: not read');
      else if (cursor.accept(VTD)) this.note('VT-d event of a name that this reader does not know: not read');
      return;
    }
    if (!this.sawEvent) {
      this.sawEvent = true;
      this.setTimeBase(prefix.hasTime);
    }
    if (prefix.hasTime && !this.advanceTime(prefix.timeNs)) return;
    cursor.at = Math.min(EVENT_NAME_TABLE.wordEnd + 1, cursor.end);
    this.handle(KIND_OF_EVENT[event]);
    if (cursor.failed) {
      const name = eventNameOf(event);
      this.malformedLine(`the arguments that QEMU prints for ${name}`, name);
    }
  }

  private handle(kind: number): void {
    const { cursor, submissions, translations, line } = this;
    const { thread } = this.prefix;
    switch (kind) {
      case LineKind.Tail:
        cursor.literal(TAIL);
        cursor.decimalWithin(0, MAX_ID);
        if (cursor.failed) return;
        translations.closeAll();
        submissions.tail(thread, line);
        return;
      case LineKind.Descriptor:
        this.descriptor();
        return;
      case LineKind.PageHit:
      case LineKind.PageUpdate:
        this.lookup(kind === LineKind.PageHit);
        return;
      case LineKind.ContextHit:
      case LineKind.ContextUpdate:
        submissions.settle();
        translations.context(thread, kind === LineKind.ContextHit);
        return;
      case LineKind.Translated:
        this.result();
        return;
      case LineKind.Fault:
        this.fault();
        return;
      default:
        this.context.statistics.contextLines++;
    }
  }

  /** `invalidate desc type T high 0x… low 0x…`: the raw 128 bits. */
  private descriptor(): void {
    const { cursor } = this;
    cursor.literal(DESCRIPTOR);
    // Types have names of several words in some versions.
    while (!cursor.failed && !cursor.accept(HIGH)) {
      if (++cursor.at > cursor.end) cursor.failed = true;
    }
    cursor.address();
    const highHigh = cursor.highWord();
    const highLow = cursor.lowWord();
    cursor.literal(LOW);
    cursor.address();
    cursor.endOfLine();
    if (cursor.failed) return;
    const { thread } = this.prefix;
    this.translations.closeAll();
    this.submissions.descriptor(cursor.lowWord(), cursor.highWord(), highLow, highHigh, thread, this.timeNs, this.line);
  }

  /** `IOTLB page hit|update sid 0x… iova 0x… slpte 0x… domain 0x…`. */
  private lookup(hit: boolean): void {
    const { cursor } = this;
    cursor.literal(hit ? PAGE_HIT : PAGE_UPDATE);
    const sid = cursor.hex32();
    cursor.literal(IOVA);
    cursor.address();
    const { page, offset } = cursor;
    if (!cursor.accept(SLPTE)) cursor.literal(PTE);
    cursor.address();
    cursor.literal(DOMAIN);
    const domain = cursor.hex32();
    cursor.endOfLine();
    if (sid > MAX_ID || domain > MAX_ID) cursor.failed = true;
    if (cursor.failed) return;
    this.submissions.settle();
    this.translations.lookedUp(this.prefix.thread, hit, sid, domain, page, offset, this.timeNs, this.line);
  }

  /** `dev BB:DD.F iova 0x… -> gpa 0x… mask 0x…`. */
  private result(): void {
    const { cursor } = this;
    cursor.literal(DEVICE);
    cursor.skipWord();
    cursor.literal(IOVA);
    cursor.address();
    cursor.literal(GPA);
    cursor.address();
    cursor.literal(MASK);
    cursor.address();
    cursor.endOfLine();
    const sizeLog2 = Math.log2(cursor.page + 1) + Math.log2(cursor.offset + 1);
    if (!Number.isInteger(sizeLog2) || sizeLog2 < 12) cursor.failed = true;
    if (!cursor.failed) this.translations.translated(this.prefix.thread, sizeLog2);
  }

  /** `sid 0x… fault N addr 0x… write N`. */
  private fault(): void {
    const { cursor } = this;
    cursor.literal(SID);
    const sid = cursor.hex32();
    cursor.literal(FAULT);
    cursor.decimal();
    cursor.literal(FAULT_ADDRESS);
    cursor.address();
    const { page, offset } = cursor;
    cursor.literal(WRITE);
    const isWrite = cursor.decimalWithin(0, 1) === 1;
    cursor.endOfLine();
    if (sid > MAX_ID) cursor.failed = true;
    if (cursor.failed) return;
    this.submissions.settle();
    this.translations.faulted(this.prefix.thread, sid, page, offset, isWrite, this.timeNs, this.line);
  }
}
