/** How large a timeline will become, told while it is being written. */
import type { EventWindow } from './event-window.js';

/** Events of the window that have to be seen before anything is told. */
const FEWEST_EVENTS = 2000;

/** What is known by now. */
export interface WrittenSoFar {
  readonly bytes: number;
  /** Last event that the bytes are of. */
  readonly lastEvent: number;
  /** Events of the whole trace, as far as one can tell. */
  readonly allEvents: number;
}

/**
 * Bytes of the whole timeline, an estimate: its events so far need as many each as the others will. Undefined while there
 * are too few of them to tell.
 */
export function forecastBytes(window: EventWindow, { bytes, lastEvent, allEvents }: WrittenSoFar): number | undefined {
  const seen = lastEvent - window.first + 1;
  if (seen < FEWEST_EVENTS) return undefined;
  const all = Math.min(window.last, allEvents) - window.first + 1;
  return Math.round((bytes / seen) * Math.max(seen, all));
}
