/** Runs the programs of a workload side by side on one clock and hands out the events they write. */
import type { EventBatch } from '../../trace/events.js';
import { Guest } from './guest.js';
import type { GenerateSettings, Workload } from './workload.js';

/** The trace of `workload`. Whoever is due first goes first; of those due together, the one that was listed first. */
export async function* generateTrace(
  workload: Workload,
  settings: GenerateSettings,
): AsyncGenerator<EventBatch, void, void> {
  const guest = new Guest(settings);
  const programs = workload.programs(guest);
  const dueNs = programs.map(() => 0);
  for (let left = programs.length; left > 0; ) {
    const next = earliest(dueNs);
    guest.nowNs = dueNs[next];
    guest.isOver = guest.events >= settings.events;
    const step = programs[next].next();
    if (step.done === true) {
      dueNs[next] = Number.POSITIVE_INFINITY;
      left--;
    } else dueNs[next] += step.value;
    yield* guest.sink.takeFull();
  }
  yield* guest.sink.takeRest();
}

function earliest(dueNs: readonly number[]): number {
  let best = 0;
  for (let at = 1; at < dueNs.length; at++) if (dueNs[at] < dueNs[best]) best = at;
  return best;
}
