/** Does a trace record completions (`sync-done`)? Looked up before its first event is passed on. */
import { type EventBatch, EventKind } from '../../trace/events.js';

/** Events that are read ahead at most: the replay's own survey decides on as many. */
const LOOKAHEAD_EVENTS = 2 ** 19;
/** Doorbells without a completion after which there are none. */
const LOOKAHEAD_DOORBELLS = 1024;

/** The trace from its first batch on, and whether it has `sync-done` events. */
export interface CompletionLookahead {
  readonly hasCompletions: boolean;
  readonly batches: AsyncGenerator<EventBatch, void, void>;
}

/** Read ahead in `batches` until the first `sync-done`, or until it is clear that there will be none. */
export async function lookForCompletions(batches: AsyncIterable<EventBatch>): Promise<CompletionLookahead> {
  const iterator = batches[Symbol.asyncIterator]();
  const ahead: EventBatch[] = [];
  let events = 0;
  let doorbells = 0;
  let hasCompletions = false;
  while (!hasCompletions && events < LOOKAHEAD_EVENTS && doorbells < LOOKAHEAD_DOORBELLS) {
    const next = await iterator.next();
    if (next.done === true) break;
    ahead.push(next.value);
    events += next.value.count;
    for (let row = 0; row < next.value.count; row++) {
      if (next.value.kind[row] === EventKind.SyncDone) hasCompletions = true;
      else if (next.value.kind[row] === EventKind.Doorbell) doorbells++;
    }
  }
  async function* fromTheStart(): AsyncGenerator<EventBatch, void, void> {
    try {
      for (let first = ahead.shift(); first !== undefined; first = ahead.shift()) yield first;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { hasCompletions, batches: fromTheStart() };
}
