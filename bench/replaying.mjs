/** One replay from batches in memory, as the benchmarks of the model need it. */
import { built } from './built.mjs';

/** Metrics and the survey as in a run of the tool; the profile is a name, `set` overrides parameters of it. */
export async function replayer(batches, { profile = 'neoverse-mmu700', topology } = {}) {
  const { Survey } = await built('replay/survey.js');
  const { Replay } = await built('replay/replay.js');
  const { ReplayMetrics } = await built('metrics/replay-metrics.js');
  const { loadProfile } = await built('profiles/load.js');
  const { resolveStrategies } = await built('strategies/spec.js');
  const { createSmmu } = await built('session/smmu-settings.js');
  const parameters = typeof profile === 'string' ? loadProfile(profile) : profile;
  async function* each() {
    yield* batches;
  }
  const survey = await Survey.of(each(), topology, Number.POSITIVE_INFINITY);
  /** Replays all batches once on a fresh machine; returns the number of events. */
  return function replay(spec, { safety = true, dma = 'ordered' } = {}) {
    const [choice] = resolveStrategies([spec]);
    const makeSmmu = (found) => createSmmu(parameters, choice, found, { seed: 1, safety });
    const options = { pacing: 'closed', dma, warmup: 0, msi: true };
    const run = new Replay(choice, parameters, survey, makeSmmu, options, new ReplayMetrics());
    for (const batch of batches) run.consume(batch);
    run.finish();
    return survey.events;
  };
}
