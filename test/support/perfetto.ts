/**
 * Reads a Perfetto trace back, written against Perfetto's definitions and not against our writer: unknown fields fail.
 */
import { PbfReader } from 'pbf';

interface DecodedEvent {
  readonly track: number;
  readonly atNs: number;
  readonly type: 'begin' | 'end' | 'instant' | 'counter';
  readonly name: string;
  readonly flows: readonly number[];
  readonly value: number;
  readonly values: Readonly<Record<string, number | string>>;
}

interface DecodedTrack {
  readonly uuid: number;
  readonly name: string;
  readonly parent: number;
  readonly unit: string | undefined;
}

export interface DecodedSlice {
  readonly track: string;
  readonly name: string;
  readonly fromNs: number;
  readonly untilNs: number;
  readonly depth: number;
  readonly flows: readonly number[];
  readonly values: Readonly<Record<string, number | string>>;
}

export interface DecodedTimeline {
  readonly tracks: ReadonlyMap<number, DecodedTrack>;
  readonly events: readonly DecodedEvent[];
  /** `group/track` of a track number. */
  path(track: number): string;
  /** Slices in the order of their beginnings; throws if they do not nest. */
  slices(): DecodedSlice[];
}

const TYPES = [undefined, 'begin', 'end', 'instant', 'counter'] as const;

/** Decode a whole file. */
export function decodePerfetto(bytes: Uint8Array): DecodedTimeline {
  const tracks = new Map<number, DecodedTrack>();
  const events: DecodedEvent[] = [];
  const names = new Map<number, string>();
  const keys = new Map<number, string>();
  new PbfReader(bytes).readFields((field, _, pbf) => {
    if (field !== 1) throw new Error(`Trace has field ${field}`);
    const packet = { atNs: -1, sequence: 0, flags: 0, event: undefined as RawEvent | undefined };
    pbf.readMessage((tag) => {
      if (tag === 8) packet.atNs = pbf.readVarint();
      else if (tag === 10) packet.sequence = pbf.readVarint();
      else if (tag === 11) packet.event = readEvent(pbf);
      else if (tag === 12) readInterned(pbf, names, keys);
      else if (tag === 13) packet.flags = pbf.readVarint();
      else if (tag === 60) {
        const track = readTrack(pbf);
        if (tracks.has(track.uuid)) throw new Error(`track ${track.uuid} is described twice`);
        tracks.set(track.uuid, track);
      } else throw new Error(`TracePacket has field ${tag}`);
    }, null);
    if (packet.sequence !== 1) throw new Error('a packet of another sequence');
    if ((packet.flags & 1) !== (events.length + tracks.size === 1 ? 1 : 0)) throw new Error('state cleared midway');
    if (packet.event === undefined) return;
    const { type, track, nameIid, flows, value, annotations } = packet.event;
    if (!tracks.has(track)) throw new Error(`track ${track} has events before its description`);
    const typeName = TYPES[type];
    const name = nameIid === 0 ? '' : names.get(nameIid);
    if (typeName === undefined || name === undefined) throw new Error('an event of unknown type or name');
    const values = Object.fromEntries(annotations.map(([iid, one]) => [keys.get(iid) ?? `?${iid}`, one]));
    events.push({ track, atNs: packet.atNs, type: typeName, name, flows, value, values });
  }, null);
  const path = (track: number): string => {
    const { name, parent } = tracks.get(track)!;
    return parent === 0 ? name : `${path(parent)}/${name}`;
  };
  return { tracks, events, path, slices: () => slicesOf(events, path) };
}

interface RawEvent {
  type: number;
  track: number;
  nameIid: number;
  flows: number[];
  value: number;
  annotations: [number, number | string][];
}

function readEvent(pbf: PbfReader): RawEvent {
  const event: RawEvent = { type: 0, track: 0, nameIid: 0, flows: [], value: 0, annotations: [] };
  pbf.readMessage((tag) => {
    if (tag === 9) event.type = pbf.readVarint();
    else if (tag === 11) event.track = pbf.readVarint();
    else if (tag === 10) event.nameIid = pbf.readVarint();
    else if (tag === 47) event.flows.push(pbf.readFixed64());
    else if (tag === 30) event.value = pbf.readVarint();
    else if (tag === 4) {
      let iid = 0;
      let value: number | string = '';
      pbf.readMessage((inner) => {
        if (inner === 1) iid = pbf.readVarint();
        else if (inner === 4) value = pbf.readVarint(true);
        else if (inner === 6) value = pbf.readString();
        else throw new Error(`DebugAnnotation has field ${inner}`);
      }, null);
      event.annotations.push([iid, value]);
    } else throw new Error(`TrackEvent has field ${tag}`);
  }, null);
  return event;
}

function readTrack(pbf: PbfReader): DecodedTrack {
  const track = { uuid: 0, name: '', parent: 0, unit: undefined as string | undefined };
  pbf.readMessage((tag) => {
    if (tag === 1) track.uuid = pbf.readVarint();
    else if (tag === 2) track.name = pbf.readString();
    else if (tag === 5) track.parent = pbf.readVarint();
    else if (tag === 8) {
      pbf.readMessage((inner) => {
        if (inner !== 6) throw new Error(`CounterDescriptor has field ${inner}`);
        track.unit = pbf.readString();
      }, null);
    } else throw new Error(`TrackDescriptor has field ${tag}`);
  }, null);
  return track;
}

function readInterned(pbf: PbfReader, names: Map<number, string>, keys: Map<number, string>): void {
  pbf.readMessage((tag) => {
    if (tag !== 2 && tag !== 3) throw new Error(`InternedData has field ${tag}`);
    let iid = 0;
    let name = '';
    pbf.readMessage((inner) => {
      if (inner === 1) iid = pbf.readVarint();
      else if (inner === 2) name = pbf.readString();
    }, null);
    (tag === 2 ? names : keys).set(iid, name);
  }, null);
}

/** Slices as a trace reader builds them: events by time, those of one time in the order of the file. */
function slicesOf(events: readonly DecodedEvent[], path: (track: number) => string): DecodedSlice[] {
  const stacks = new Map<number, DecodedEvent[]>();
  const slices: DecodedSlice[] = [];
  for (const event of [...events].sort((a, b) => a.atNs - b.atNs)) {
    const stack = stacks.get(event.track) ?? [];
    stacks.set(event.track, stack);
    if (event.type === 'begin') stack.push(event);
    if (event.type !== 'end') continue;
    const begun = stack.pop();
    if (begun === undefined) throw new Error(`${path(event.track)}: a slice ends at ${event.atNs} that never began`);
    const { name, atNs: fromNs, flows, values } = begun;
    slices.push({ track: path(event.track), name, fromNs, untilNs: event.atNs, depth: stack.length, flows, values });
  }
  for (const [track, stack] of stacks) {
    if (stack.length > 0) throw new Error(`${path(track)}: ${stack.length} slices never end`);
  }
  return slices.sort((a, b) => a.fromNs - b.fromNs || a.depth - b.depth);
}
