/** The part of a trace that a timeline shows, by event numbers. */
import { UsageError } from '../trace/errors.js';

/** Events `first` … `last`, both shown, counted from 1 as everywhere. */
export interface EventWindow {
  readonly first: number;
  readonly last: number;
}

/** All events. */
export const ALL_EVENTS: EventWindow = { first: 1, last: Number.POSITIVE_INFINITY };

/**
 * `FROM..TO`, `FROM..` or `..TO`.
 * @throws UsageError for anything else, an empty window too
 */
export function parseEventWindow(text: string): EventWindow {
  const [, from, to] = /^(\d*)\.\.(\d*)$/.exec(text) ?? [];
  const first = from ? Number(from) : ALL_EVENTS.first;
  const last = to ? Number(to) : ALL_EVENTS.last;
  if (from === undefined || text === '..' || first < 1 || last < first) {
    throw new UsageError(`--events: expected FROM..TO in event numbers from 1 on, found ${JSON.stringify(text)}`);
  }
  return { first, last };
}
