/** What is not a parameter of the profile. */
export interface SmmuOptions {
  /** Seed of every random choice; default 1. */
  readonly seed?: number;
  /** Give each miss its cause and count what invalidation induced; default true. */
  readonly causes?: boolean;
  /** Run the stale-use oracle; default true. */
  readonly safety?: boolean;
  /** TBU (from 0) that a stream is attached to; default: one TBU for all. */
  readonly tbuOf?: (sid: number) => number;
  /** ATC entries of a stream's device, 0 = no ATS; default `atc.entries`. `atc.enable` off: no device has an ATC. */
  readonly atcEntries?: (sid: number) => number;
}
