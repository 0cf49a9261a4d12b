/** Replays as the benchmarks of the model need them: one strategy, no files, the CPU time of the replay alone. */
import { built } from './built.mjs';
import { timed } from './measure.mjs';

/** A replay is many loops: the last ones are compiled in the fifth or sixth run. */
export const REPLAY_RUNS = { runs: 7, warmUps: 6 };

/** I/Os of the generated stream: 1.2 million events, so that what is paid once, such as the first fills of tables, does not show. */
export const STREAM_IOS = 100_000;

const OPTIONS = { pacing: 'closed', warmup: 0, msi: true };
const PROFILE = 'neoverse-mmu700';

/** The profile with `set` (KEY=VALUE), read once: a study reads it once for many replays as well. */
async function profileWith(set) {
  const { loadProfile } = await built('profiles/load.js');
  const key = set.join();
  if (!profiles.has(key)) profiles.set(key, loadProfile(PROFILE, set));
  return profiles.get(key);
}
const profiles = new Map();

/** A fresh replay; `set` overrides parameters of the profile. */
async function makeReplay(survey, spec, { safety = true, dma = 'ordered', set = [] } = {}) {
  const { Replay } = await built('replay/replay.js');
  const { ReplayMetrics } = await built('metrics/replay-metrics.js');
  const { resolveStrategies } = await built('strategies/spec.js');
  const { createSmmu } = await built('session/smmu-settings.js');
  const profile = await profileWith(set);
  const [choice] = resolveStrategies([spec]);
  const makeSmmu = (topology) => createSmmu(profile, choice, topology, { seed: 1, safety });
  return new Replay(choice, profile, survey, makeSmmu, { ...OPTIONS, dma }, new ReplayMetrics());
}

/** Replays of batches in memory: each call replays all of them on a fresh machine and returns the number of events. */
export async function replayer(batches) {
  const { Survey } = await built('replay/survey.js');
  async function* each() {
    yield* batches;
  }
  const survey = await Survey.of(each(), undefined, Number.POSITIVE_INFINITY);
  return async function replay(spec, options) {
    const run = await makeReplay(survey, spec, options);
    for (const batch of batches) run.consume(batch);
    run.finish();
    return survey.events;
  };
}

/**
 * Replay `batches` as they come, however many, on a fresh machine; what makes them is not timed.
 * @returns events and CPU seconds of the replay, all threads, and the replay itself
 */
export async function streamed(batches, spec, options) {
  const { Survey } = await built('replay/survey.js');
  const survey = await Survey.of(batches);
  const replay = await makeReplay(survey, spec, options);
  let cpuSeconds = 0;
  const feed = async (batch) => {
    const took = await timed(() => replay.consume(batch));
    cpuSeconds += took.cpuSeconds;
  };
  for (const batch of survey.batches.splice(0)) await feed(batch);
  if (!survey.isComplete) for await (const batch of batches) await feed(batch);
  cpuSeconds += (await timed(() => replay.finish())).cpuSeconds;
  return { events: replay.events, cpuSeconds, replay };
}
