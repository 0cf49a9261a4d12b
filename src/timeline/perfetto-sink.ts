/**
 * A timeline as a Perfetto trace: TrackEvents in protobuf, encoded by pbf.
 *
 * Field numbers are those of Perfetto's own definitions (protos/perfetto/trace: trace_packet, track_event, track_descriptor,
 * counter_descriptor, interned_data, debug_annotation). All packets are of one sequence; names are interned, so that a
 * slice costs about twenty bytes. Packets need not be in the order of their times: trace readers sort them.
 */
import { PbfWriter } from 'pbf';
import type { SliceArguments, TimelineSink } from './sink.js';

const SEQUENCE = 1;
const SEQUENCE_FLAGS = { Cleared: 1, NeedsState: 2 } as const;
const EventType = { SliceBegin: 1, SliceEnd: 2, Instant: 3, Counter: 4 } as const;

/** Field numbers by message. */
const Trace = { packet: 1 } as const;
const Packet = {
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  track: 60,
} as const;
const TrackEvent = { annotation: 4, type: 9, nameIid: 10, trackUuid: 11, counterValue: 30, flowIds: 47 } as const;
const Annotation = { nameIid: 1, int: 4, string: 6 } as const;
const Interned = { eventNames: 2, annotationNames: 3 } as const;
const InternedName = { iid: 1, name: 2 } as const;
const Track = { uuid: 1, name: 2, parentUuid: 5, counter: 8 } as const;
const Counter = { unitName: 6 } as const;

/** Bytes after which the encoder's buffer is put aside. */
const CHUNK_BYTES = 1 << 20;

interface Event {
  readonly type: number;
  readonly track: number;
  readonly atNs: number;
  readonly name: string;
  readonly flow: number;
  readonly value: number;
  readonly values: SliceArguments | undefined;
}

/** Names of one kind and their numbers. */
class NameTable {
  private readonly iids = new Map<string, number>();
  /** Names since the last packet. */
  fresh: [number, string][] = [];

  iid(name: string): number {
    let iid = this.iids.get(name);
    if (iid === undefined) {
      iid = this.iids.size + 1;
      this.iids.set(name, iid);
      this.fresh.push([iid, name]);
    }
    return iid;
  }
}

/** Collects the bytes of a Perfetto trace. */
export class PerfettoSink implements TimelineSink {
  private readonly chunks: Uint8Array[] = [];
  private chunkBytes = 0;
  private writer = new PbfWriter();
  private readonly names = new NameTable();
  private readonly annotations = new NameTable();
  private tracks = 0;
  private isFirst = true;

  get bytes(): number {
    return this.chunkBytes + this.writer.pos;
  }

  /** The whole file. */
  finish(): Uint8Array {
    this.putAside();
    const all = new Uint8Array(this.chunkBytes);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  openTrack(name: string, parent: number): number {
    return this.describe(name, parent, undefined);
  }

  openCounter(name: string, unit: string, parent: number): number {
    return this.describe(name, parent, unit);
  }

  begin(track: number, atNs: number, name: string, flow = 0, values?: SliceArguments): void {
    this.event({ type: EventType.SliceBegin, track, atNs, name, flow, value: 0, values });
  }

  end(track: number, atNs: number): void {
    this.event({ type: EventType.SliceEnd, track, atNs, name: '', flow: 0, value: 0, values: undefined });
  }

  mark(track: number, atNs: number, name: string, flow = 0): void {
    this.event({ type: EventType.Instant, track, atNs, name, flow, value: 0, values: undefined });
  }

  count(track: number, atNs: number, value: number): void {
    this.event({ type: EventType.Counter, track, atNs, name: '', flow: 0, value, values: undefined });
  }

  private describe(name: string, parent: number, unit: string | undefined): number {
    const uuid = ++this.tracks;
    this.packet((packet) => {
      packet.writeMessage(
        Packet.track,
        (_, track) => {
          track.writeVarintField(Track.uuid, uuid);
          track.writeStringField(Track.name, name);
          if (parent !== 0) track.writeVarintField(Track.parentUuid, parent);
          if (unit === undefined) return;
          track.writeMessage(Track.counter, (_, counter) => counter.writeStringField(Counter.unitName, unit), null);
        },
        null,
      );
    });
    return uuid;
  }

  private event(event: Event): void {
    this.packet((packet) => {
      packet.writeVarintField(Packet.timestamp, event.atNs);
      packet.writeMessage(Packet.trackEvent, (one, into) => this.writeEvent(one, into), event);
      this.writeFreshNames(packet);
    });
  }

  private writeEvent({ type, track, name, flow, value, values }: Event, into: PbfWriter): void {
    into.writeVarintField(TrackEvent.type, type);
    into.writeVarintField(TrackEvent.trackUuid, track);
    if (name !== '') into.writeVarintField(TrackEvent.nameIid, this.names.iid(name));
    if (type === EventType.Counter) into.writeVarintField(TrackEvent.counterValue, value);
    if (flow !== 0) into.writeFixed64Field(TrackEvent.flowIds, flow);
    for (const [key, one] of Object.entries(values ?? {})) {
      into.writeMessage(
        TrackEvent.annotation,
        (_, annotation) => {
          annotation.writeVarintField(Annotation.nameIid, this.annotations.iid(key));
          if (typeof one === 'number') annotation.writeVarintField(Annotation.int, one);
          else annotation.writeStringField(Annotation.string, one);
        },
        null,
      );
    }
  }

  private writeFreshNames(packet: PbfWriter): void {
    if (this.names.fresh.length + this.annotations.fresh.length === 0) return;
    packet.writeMessage(
      Packet.internedData,
      (_, interned) => {
        writeNames(interned, Interned.eventNames, this.names);
        writeNames(interned, Interned.annotationNames, this.annotations);
      },
      null,
    );
  }

  private packet(write: (packet: PbfWriter) => void): void {
    this.writer.writeMessage(
      Trace.packet,
      (_, packet) => {
        write(packet);
        packet.writeVarintField(Packet.sequenceId, SEQUENCE);
        const flags = this.isFirst ? SEQUENCE_FLAGS.Cleared | SEQUENCE_FLAGS.NeedsState : SEQUENCE_FLAGS.NeedsState;
        packet.writeVarintField(Packet.sequenceFlags, flags);
      },
      null,
    );
    this.isFirst = false;
    if (this.writer.pos >= CHUNK_BYTES) this.putAside();
  }

  private putAside(): void {
    const chunk = this.writer.finish().slice();
    this.chunks.push(chunk);
    this.chunkBytes += chunk.length;
    this.writer = new PbfWriter();
  }
}

function writeNames(interned: PbfWriter, field: number, table: NameTable): void {
  for (const [iid, name] of table.fresh) {
    interned.writeMessage(
      field,
      (_, entry) => {
        entry.writeVarintField(InternedName.iid, iid);
        entry.writeStringField(InternedName.name, name);
      },
      null,
    );
  }
  table.fresh = [];
}
