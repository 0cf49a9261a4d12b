/**
 * Walks the lines of an ftrace recording: header, losses, events.
 */
import { isAddressTlbi, opcodeOf, tgOf } from '../../trace/command.js';
import { ADDRESS_SPACE_PAGES, PAGE_BYTES } from '../../trace/units.js';
import type { ReaderContext } from '../reader.js';
import { ascii } from '../text/line-cursor.js';
import { LineDecoder } from '../text/line-decoder.js';
import { CallArguments } from './call-arguments.js';
import { type EventRoles, eventRoles, Role } from './event-roles.js';
import { FtracePrefix } from './line-prefix.js';
import { lossOf } from './losses.js';
import { MappingRows } from './mappings.js';
import { Submissions } from './submissions.js';

const COLON = 0x3a;
const HASH = 0x23;
const IOVA = ascii('IOMMU: iova=0x');
const TO = ascii(' - 0x');
const PADDR = ascii(' paddr=0x');
const SIZE = ascii(' size=');
const UNMAPPED_SIZE = ascii(' unmapped_size=');
/** Other event names kept for the message about a recording without a single known one. */
const MAX_OTHER_NAMES = 5;

const CALL_SHAPE = 'n=, sync= and two words per command, as a kprobe on arm_smmu_cmdq_issue_cmdlist shows them';
const QI_SHAPE = 'count= and two words per descriptor, as a kprobe on qi_submit_sync shows them';

/** One recording, fed block by block. */
export class FtraceDecoder extends LineDecoder {
  private readonly roles: EventRoles;
  private readonly prefix = new FtracePrefix();
  private readonly call = new CallArguments();
  private readonly submissions: Submissions;
  private readonly mappings: MappingRows;
  private readonly otherNames = new Set<string>();
  private sawEvent = false;

  constructor(context: ReaderContext) {
    super(context);
    this.roles = eventRoles(context.options?.ftraceEvents);
    this.submissions = new Submissions(this.sink, context.statistics);
    this.mappings = new MappingRows(this.sink);
  }

  /**
   * End of the recording.
   * @throws TraceFormatError if it holds events, but none that is looked for
   */
  finish(): void {
    this.submissions.finish();
    if (this.sawEvent || this.otherNames.size === 0) return;
    this.line = 0;
    throw this.error(
      `one of the events ${this.roles.names.join(', ')} (other names: --ftrace-events cmdq=NAME,cmdq-ret=NAME)`,
      `only others: ${[...this.otherNames].join(', ')}`,
    );
  }

  protected decodeLine(isTerminated: boolean): void {
    const { cursor, prefix, roles } = this;
    if (!isTerminated) {
      this.context.statistics.foreignLines++;
      this.note('last line is cut off: not read');
      return;
    }
    if (!prefix.read(cursor)) {
      this.otherLine();
      return;
    }
    const { bytes, end } = cursor;
    const event = roles.table.lookup(bytes, afterGroup(bytes, cursor.at, end), end);
    if (event < 0) {
      this.otherEvent();
      return;
    }
    if (!this.sawEvent) {
      this.sawEvent = true;
      this.setTimeBase(prefix.hasTime);
    }
    if (prefix.hasTime && !this.advanceTime(prefix.timeNs)) return;
    cursor.at = roles.table.wordEnd;
    this.handle(roles.roleOf[event]);
    if (cursor.failed) this.malformedLine(shapeOf(roles.roleOf[event]), roles.names[event]);
  }

  private handle(role: number): void {
    const { submissions, prefix, timeNs, line } = this;
    switch (role) {
      case Role.Call:
        this.readCall(true);
        if (!this.cursor.failed) {
          this.learnGranule();
          submissions.smmuCall(this.call, prefix, timeNs, line);
        }
        return;
      case Role.QiCall:
        this.readCall(false);
        if (!this.cursor.failed) submissions.qiCall(this.call, prefix, timeNs, line);
        return;
      case Role.Return:
      case Role.QiReturn:
        submissions.returned(prefix, timeNs, line);
        return;
      case Role.Map:
        this.mapping(true);
        return;
      default:
        this.mapping(false);
    }
  }

  private readCall(needsSync: boolean): void {
    const { cursor, call } = this;
    call.read(cursor, needsSync);
    if (call.count < 0 || (needsSync && call.sync < 0)) cursor.failed = true;
  }

  /** The TG of a range command is the guest's granule. */
  private learnGranule(): void {
    const { count, words, low } = this.call;
    if (count === 0 || words < 2 || !isAddressTlbi(opcodeOf(low[0]))) return;
    const tg = tgOf(low[1]);
    if (tg !== 0) this.mappings.learnGranule(tg);
  }

  /** `IOMMU: iova=0x… - 0x… paddr=0x… size=N`, or `… size=N unmapped_size=N`; older kernels print no end. */
  private mapping(isMap: boolean): void {
    const { cursor } = this;
    while (cursor.at < cursor.end && cursor.bytes[cursor.at] === 0x20) cursor.at++;
    cursor.literal(IOVA);
    cursor.address();
    const { page } = cursor;
    if (cursor.accept(TO)) cursor.address();
    let target = 0;
    if (isMap) {
      cursor.literal(PADDR);
      cursor.address();
      target = cursor.page;
    }
    cursor.literal(SIZE);
    let bytes = cursor.decimal64();
    if (!isMap) {
      cursor.literal(UNMAPPED_SIZE);
      bytes = cursor.decimal64();
    }
    cursor.endOfLine();
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (page + pages > ADDRESS_SPACE_PAGES) cursor.failed = true;
    if (cursor.failed) return;
    if (pages === 0) this.context.statistics.contextLines++;
    else if (isMap) this.mappings.map(page, pages, target, this.timeNs, this.line);
    else this.mappings.unmap(page, pages, this.timeNs, this.line);
  }

  /** An event of no role. */
  private otherEvent(): void {
    this.context.statistics.contextLines++;
    const { cursor } = this;
    if (this.otherNames.size >= MAX_OTHER_NAMES || this.sawEvent) return;
    const { bytes, at } = cursor;
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at, this.roles.table.wordEnd - at).toString('latin1');
    this.otherNames.add(
      name
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 60)
        .replace(/:$/, ''),
    );
  }

  /** A header, a loss, or something of another program. */
  private otherLine(): void {
    const { cursor } = this;
    const loss = lossOf(cursor);
    if (loss !== undefined) {
      this.note(loss.what, loss.events);
      if (loss.cpu >= 0) this.submissions.lost(loss.cpu);
    } else if (cursor.bytes[cursor.at] !== HASH && cursor.at < cursor.end) {
      this.context.statistics.foreignLines++;
    }
  }
}

/** Start of the event's own name in the word at `from`, which perf begins with the group. */
function afterGroup(bytes: Uint8Array, from: number, end: number): number {
  let start = from;
  for (let at = from; at + 1 < end && bytes[at] !== 0x20; at++) {
    if (bytes[at] === COLON && bytes[at + 1] !== 0x20) start = at + 1;
  }
  return start;
}

function shapeOf(role: number): string {
  if (role === Role.Call) return CALL_SHAPE;
  if (role === Role.QiCall) return QI_SHAPE;
  return role === Role.Unmap ? 'the arguments of iommu:unmap' : 'the arguments of iommu:map';
}
