/**
 * Reader of QEMU's `simple` trace backend, file version 4 (`--enable-trace-backends=simple`, `-trace smmu*,file=FILE`).
 *
 * The file names its events itself (mapping records), and the names betray QEMU's version and with it the arguments
 * (layouts.ts). Records carry the process, not the thread: all belong to one vCPU, like a log without thread ids. What
 * the events mean is the log reader's business; a record is put in the words of a log line and handed to it.
 */
import { TraceFormatError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { addNote } from '../notes.js';
import { EVENT_NAME_TABLE, eventNameOf, KIND_OF_EVENT, LineKind } from '../qemu-log/event-names.js';
import { LogDecoder } from '../qemu-log/log-decoder.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { layoutFor } from './layouts.js';
import { Payload } from './payload.js';

const HEADER_BYTES = 24;
const MAGIC = 0xf2b177cb0aa429b4n;
const HEADER_ID = 0xffffffffffffffffn;
const DROPPED_ID = 0xfffffffffffffffen;
const FILE_VERSION = 4n;
const MAPPING = 0n;
const EVENT = 1n;
/** Bytes before the name of a mapping, and before the arguments of an event, kind included. */
const MAPPING_HEAD_BYTES = 20;
const EVENT_HEAD_BYTES = 32;
/** Part of an event's head that its length field counts. */
const COUNTED_HEAD_BYTES = 24;
/** QEMU's ring holds 256 KiB, and a string argument at most 512 bytes: no record comes near. */
const MAX_RECORD_BYTES = 2 ** 16;
const MAX_NAME_BYTES = 512;
/** QEMU has about 6000 events. */
const MAX_MAPPINGS = 2 ** 17;

/** Byte order of the host that recorded: true for little, undefined if `head` is no simple trace. */
function byteOrderOf(head: Uint8Array): boolean | undefined {
  if (head.length < 16) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getBigUint64(0, true) !== HEADER_ID) return undefined;
  if (view.getBigUint64(8, true) === MAGIC) return true;
  return view.getBigUint64(8, false) === MAGIC ? false : undefined;
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  let records: RecordDecoder | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (records === undefined) {
      if (bytes.length < HEADER_BYTES) {
        rest = bytes;
        continue;
      }
      records = new RecordDecoder(context, byteOrderOfFile(bytes, context));
      bytes = bytes.subarray(HEADER_BYTES);
    }
    rest = bytes.slice(records.decode(bytes));
    yield* records.log.sink.takeFull();
  }
  if (records === undefined) byteOrderOfFile(rest, context);
  if (rest.length > 0) records?.cutOff();
  records?.log.finish();
  yield* records?.log.sink.takeRest() ?? [];
}

/** @throws TraceFormatError for another file, or another version of this one */
function byteOrderOfFile(bytes: Uint8Array, { file }: ReaderContext): boolean {
  const isLittleEndian = byteOrderOf(bytes);
  if (isLittleEndian === undefined || bytes.length < HEADER_BYTES) {
    throw new TraceFormatError(file, 0, "the header of QEMU's simple trace", 'other bytes');
  }
  const version = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(16, isLittleEndian);
  if (version === FILE_VERSION) return isLittleEndian;
  throw new TraceFormatError(file, 0, `a simple trace of version ${FILE_VERSION}`, `version ${version}`);
}

/** What an event id of the file stands for: a number of the log's name table, or one of these. */
const FOREIGN = -1;
const UNKNOWN_SMMU = -2;

/** Records → lines of a log. */
class RecordDecoder {
  readonly log: LogDecoder;
  private readonly events = new Map<bigint, number>();
  private readonly payload: Payload;
  private record = 0;
  private firstTimestamp: bigint | undefined;

  constructor(
    private readonly context: ReaderContext,
    private readonly isLittleEndian: boolean,
  ) {
    this.log = new LogDecoder(context);
    this.payload = new Payload(isLittleEndian);
  }

  /** Decode the whole records of `bytes`; returns where the first incomplete one begins. */
  decode(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at + 8 <= bytes.length) {
      const length = this.lengthAt(view, at);
      if (length === 0 || at + length > bytes.length) break;
      this.log.beginRecord(++this.record);
      if (view.getBigUint64(at, this.isLittleEndian) === MAPPING) this.mapping(bytes, view, at, length);
      else this.event(view, at, length);
      at += length;
    }
    return at;
  }

  /** The file ends inside a record: QEMU did not come to its end. */
  cutOff(): void {
    addNote(this.context.statistics, this.record + 1, 'last record is cut off: not read');
  }

  /** Bytes of the record at `at`, kind included; 0 if its length is not there yet. */
  private lengthAt(view: DataView, at: number): number {
    const { isLittleEndian } = this;
    const kind = view.getBigUint64(at, isLittleEndian);
    if (kind === MAPPING) {
      if (at + MAPPING_HEAD_BYTES > view.byteLength) return 0;
      const nameBytes = view.getUint32(at + 16, isLittleEndian);
      if (nameBytes === 0 || nameBytes > MAX_NAME_BYTES) throw this.error('an event name', `${nameBytes} bytes of one`);
      return MAPPING_HEAD_BYTES + nameBytes;
    }
    if (kind !== EVENT) throw this.error('a record of kind 0 or 1', `kind ${kind}`);
    if (at + EVENT_HEAD_BYTES > view.byteLength) return 0;
    const length = view.getUint32(at + 24, isLittleEndian);
    if (length >= COUNTED_HEAD_BYTES && length <= MAX_RECORD_BYTES) return 8 + length;
    throw this.error(`a record of ${COUNTED_HEAD_BYTES} to ${MAX_RECORD_BYTES} bytes`, `${length} bytes`);
  }

  private mapping(bytes: Uint8Array, view: DataView, at: number, length: number): void {
    const { statistics } = this.context;
    const id = view.getBigUint64(at + 8, this.isLittleEndian);
    const from = at + MAPPING_HEAD_BYTES;
    const event = EVENT_NAME_TABLE.lookup(bytes, from, at + length);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + from, length - MAPPING_HEAD_BYTES).toString('latin1');
    statistics.contextLines++;
    if (this.events.size >= MAX_MAPPINGS) throw this.error(`at most ${MAX_MAPPINGS} event names`, 'more of them');
    if (event >= 0 && EVENT_NAME_TABLE.wordEnd === at + length) {
      this.events.set(id, event);
      this.log.sawName(event);
    } else {
      this.events.set(id, name.startsWith('smmu') ? UNKNOWN_SMMU : FOREIGN);
    }
  }

  private event(view: DataView, at: number, length: number): void {
    const { isLittleEndian, context } = this;
    const { statistics } = context;
    const id = view.getBigUint64(at + 8, isLittleEndian);
    const from = at + EVENT_HEAD_BYTES;
    const to = at + length;
    if (id === DROPPED_ID) {
      const count = to - from >= 8 ? Number(view.getBigUint64(from, isLittleEndian)) : 1;
      addNote(statistics, this.record, 'records that QEMU dropped because its buffer was full', count);
      return;
    }
    const event = this.events.get(id);
    if (event === undefined) {
      this.malformed(`an event of a known number`, `number ${id}, which no mapping names`);
    } else if (event < 0) {
      statistics.foreignLines++;
      const what = 'SMMU event of a name that this reader does not know: not read';
      if (event === UNKNOWN_SMMU) addNote(statistics, this.record, what);
    } else {
      this.knownEvent(event, view, at, from, to);
    }
  }

  private knownEvent(event: number, view: DataView, at: number, from: number, to: number): void {
    const { log, payload } = this;
    const name = eventNameOf(event);
    const layout = layoutFor(name, log.versionRank);
    payload.length = 0;
    if (layout !== undefined && !payload.render(layout, view, from, to)) {
      const version = this.context.statistics.version || 'this version';
      this.malformed(`the arguments of ${name} in QEMU ${version}`, `${to - from} bytes of others`);
      return;
    }
    if (layout === undefined && !isWithoutArguments(event)) throw new Error(`no layout for ${name}`);
    log.decodeRecord(
      event,
      this.sinceFirst(view.getBigUint64(at + 16, this.isLittleEndian)),
      payload.bytes,
      payload.length,
    );
  }

  private sinceFirst(timestamp: bigint): number {
    this.firstTimestamp ??= timestamp;
    return Number(timestamp - this.firstTimestamp);
  }

  private malformed(expected: string, found: string): void {
    if (!this.context.lenient) throw this.error(expected, found, this.record);
    this.context.statistics.skippedRows++;
    addNote(this.context.statistics, this.record, 'malformed record: skipped');
  }

  private error(expected: string, found: string, record = this.record + 1): TraceFormatError {
    return new TraceFormatError(this.context.file, record, expected, found);
  }
}

/** Events of which it matters only that they happened. */
export function isWithoutArguments(event: number): boolean {
  const kind = KIND_OF_EVENT[event];
  switch (kind) {
    case LineKind.Context:
    case LineKind.InvalidPte:
    case LineKind.ConsumeOut:
    case LineKind.HostViommu:
    case LineKind.HostInvalidation:
    case LineKind.HostOther:
      return true;
    default:
      return false;
  }
}

/** QEMU simple trace reader. */
export const qemuSimpleReader: TraceReader = {
  name: 'qemu-simple',
  summary: "QEMU's simple trace backend, file version 4, smmu* events of QEMU 7.2 to 10.x",
  sniff: (head) => byteOrderOf(head) !== undefined,
  read,
};
