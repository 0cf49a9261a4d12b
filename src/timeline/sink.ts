/**
 * Where a timeline goes: tracks, and slices, marks and counters on them. One file per format implements it.
 *
 * Contract: times are integer ns since the trace's start; `track` numbers are what `openTrack` and `openCounter` returned;
 * the slices of one track are given in the order of their starts, an outer one before those inside it; a flow joins every
 * slice and mark that carries its number (0: none), in the order of their times.
 */

/** A named value of a slice. */
export type SliceArguments = Readonly<Record<string, number | string>>;

/** Receiver of a timeline. */
export interface TimelineSink {
  /** Bytes written so far. */
  readonly bytes: number;
  /** A group of tracks (parent 0), or a track in one. */
  openTrack(name: string, parent: number): number;
  /** A track of values; `unit` is what they count. */
  openCounter(name: string, unit: string, parent: number): number;
  begin(track: number, atNs: number, name: string, flow?: number, values?: SliceArguments): void;
  end(track: number, atNs: number): void;
  /** Something without duration. */
  mark(track: number, atNs: number, name: string, flow?: number): void;
  count(track: number, atNs: number, value: number): void;
}
