/**
 * Walks the bytes of a log line by line: prefix, event name, payload. Allocates nothing per line.
 */
import type { ReaderContext } from '../reader.js';
import { ascii } from '../text/line-cursor.js';
import { LineDecoder } from '../text/line-decoder.js';
import { LinePrefix, NO_THREAD } from '../text/qemu-line-prefix.js';
import { CommandAssembly } from './command-assembly.js';
import { CommandLines } from './command-lines.js';
import { EVENT_NAME_TABLE, eventNameOf, KIND_OF_EVENT, VERSION_OF_EVENT, Version } from './event-names.js';
import { GuestThread } from './guest-thread.js';
import { HostLines } from './host-lines.js';
import { LineHandlers } from './line-handlers.js';
import { LineResult } from './line-result.js';
import { Publication } from './publication.js';
import { TranslationJoin } from './translation-join.js';
import { TranslationLines } from './translation-lines.js';
import { VersionEvidence } from './version-evidence.js';
import { VirtualDevices } from './virtual-devices.js';

const SMMU = ascii('smmu');
/** Threads that may have something under way at once; a machine has far fewer vCPU and I/O threads. */
const MAX_THREADS = 4096;

/** One log, fed block by block. */
export class LogDecoder extends LineDecoder {
  private readonly threads = new Map<number, GuestThread>();
  private readonly prefix = new LinePrefix();
  private readonly evidence = new VersionEvidence();
  private readonly devices = new VirtualDevices(this.sink);
  private readonly publication: Publication;
  private readonly translations: TranslationJoin;
  private readonly handlers: LineHandlers;
  private thread: GuestThread | undefined;
  private sawEvent = false;

  constructor(context: ReaderContext) {
    super(context);
    const { statistics } = context;
    statistics.isTracedInside = true;
    const { sink, threads, evidence, devices } = this;
    const commands = new CommandAssembly(sink, statistics, devices);
    this.publication = new Publication(sink, statistics, commands);
    this.translations = new TranslationJoin(sink, statistics);
    this.handlers = new LineHandlers(
      this.publication,
      new CommandLines(commands, this.publication, this.translations, threads, evidence),
      new TranslationLines(this.translations, evidence),
      new HostLines(devices),
    );
  }

  override decode(block: Uint8Array): void {
    super.decode(block);
    this.context.statistics.version = this.evidence.version;
  }

  /** End of the log: whatever is under way ends here. */
  finish(): void {
    this.publication.settle();
    for (const thread of this.threads.values()) {
      this.publication.finish(thread);
      this.translations.close(thread);
    }
    if (this.devices.isUntold) {
      this.note('accelerated vSMMU without iommufd_backend_* lines: which streams have a vDEVICE is not in the log');
    }
    const { statistics } = this.context;
    statistics.version = this.evidence.version;
    statistics.lines = this.line;
  }

  protected override decodeLine(isTerminated: boolean): void {
    const { cursor, prefix } = this;
    const { bytes, end } = cursor;
    prefix.read(cursor);
    const event = EVENT_NAME_TABLE.lookup(bytes, cursor.at, end);
    if (event < 0) {
      this.foreignLine(isTerminated);
      return;
    }
    if (prefix.isIso) this.evidence.atLeast(Version.V10);
    // One space always follows the name, even before an empty payload; a trimmed log may lack it at the end.
    cursor.at = Math.min(EVENT_NAME_TABLE.wordEnd + 1, end);
    this.decodeEvent(event, prefix.hasTime, prefix.timeNs, prefix.thread, isTerminated);
  }

  /**
   * An event that another backend recorded, its arguments put in the words of a log.
   * @param event number in the table of names
   * @param timeNs ns since the first event
   * @param payload bytes `0 … length - 1` are what a log has after the event's name
   */
  decodeRecord(event: number, timeNs: number, payload: Uint8Array, length: number): void {
    if (this.isCut) {
      this.leaveOut();
      return;
    }
    this.lineStart = 0;
    this.cursor.reset(payload, 0, length);
    this.decodeEvent(event, true, timeNs, NO_THREAD, true);
  }

  /** Begin record `record`, whatever it holds. */
  beginRecord(record: number): void {
    this.line = record;
    this.context.statistics.lines = record;
    this.context.statistics.version = this.evidence.version;
  }

  /** The recorder knows an event of this number, even if it never happened. */
  sawName(event: number): void {
    this.evidence.atLeast(VERSION_OF_EVENT[event]);
  }

  /** Rank of the version that anything so far gave evidence of. */
  get versionRank(): number {
    return this.evidence.latest;
  }

  /** The cursor stands on the payload of `event`. */
  private decodeEvent(event: number, hasTime: boolean, timeNs: number, thread: number, isTerminated: boolean): void {
    const { cursor } = this;
    if (!this.sawEvent) {
      this.sawEvent = true;
      this.setTimeBase(hasTime);
    }
    if (hasTime && !this.advanceTime(timeNs)) return;
    this.evidence.atLeast(VERSION_OF_EVENT[event]);
    if (this.thread === undefined || this.thread.id !== thread) this.thread = this.threadOf(thread);
    const result = this.handlers.handle(KIND_OF_EVENT[event], cursor, this.thread, this.timeNs, this.line);
    if (cursor.failed) this.malformedArguments(eventNameOf(event), isTerminated);
    else if (result === LineResult.Context) this.context.statistics.contextLines++;
    else if (result === LineResult.UnknownCommand) this.unknownCommand();
    if (!isTerminated) this.note('last line has no line end: the log may be cut there');
  }

  private threadOf(id: number): GuestThread {
    let found = this.threads.get(id);
    if (found === undefined) {
      if (this.threads.size >= MAX_THREADS) this.dropIdleThreads();
      found = new GuestThread(id);
      this.threads.set(id, found);
    }
    return found;
  }

  private dropIdleThreads(): void {
    for (const thread of this.threads.values()) {
      if (thread.isIdle && thread.vcpu < 0) this.threads.delete(thread.id);
    }
    if (this.threads.size < MAX_THREADS) return;
    throw this.error(`at most ${MAX_THREADS} threads at work`, 'more of them');
  }

  private foreignLine(isTerminated: boolean): void {
    this.context.statistics.foreignLines++;
    if (!isTerminated) this.note('last line is cut off: not read');
    else if (this.cursor.accept(SMMU)) this.note('SMMU event of a name that this reader does not know: not read');
  }

  private unknownCommand(): void {
    this.context.statistics.foreignLines++;
    this.note(
      'command of a name that the architecture does not define: its number is not in the log, command left out',
    );
  }

  private malformedArguments(event: string, isTerminated: boolean): void {
    if (isTerminated) this.malformedLine(`the arguments that QEMU 7.2 to 10.x prints for ${event}`, event);
  }
}
