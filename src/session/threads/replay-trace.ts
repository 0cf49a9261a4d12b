/**
 * One trace through all strategies of a run: in this thread or, where it pays, in several that see the batches which this one
 * decodes. What comes out is the same, errors included.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { LoadedProfile } from '../../profiles/load.js';
import { SURVEY_EVENTS, Survey } from '../../replay/survey.js';
import type { StrategyChoice } from '../../strategies/spec.js';
import type { DeclaredTopology } from '../../topology/load.js';
import type { EventBatch } from '../../trace/events.js';
import type { ChoiceOptions } from '../choices.js';
import type { RunHooks } from '../run-options.js';
import { type FinishedReplay, type ReplaySettings, StrategyReplays } from '../strategy-replays.js';
import { divide, threadsFor } from './division.js';
import { type Failure, firstOf } from './failure.js';
import { type EndOfTrace, toPostedSurvey } from './messages.js';
import { ReplayThreads } from './replay-threads.js';

/** All that decides the replays but the events. */
export interface ReplayPlan {
  readonly choices: readonly StrategyChoice[];
  /** What `choices` were made from. */
  readonly specified: ChoiceOptions;
  readonly profile: LoadedProfile;
  readonly declared: DeclaredTopology | undefined;
  readonly settings: ReplaySettings;
  readonly vms: number;
}

/** Who else sees the trace, in this thread. */
export interface TraceWatch {
  /** After the strategies of this thread. */
  onBatch(batch: EventBatch): void;
  /** All batches have been seen. */
  atEnd(): EndOfTrace;
}

/** What the strategies come to, in their order, and what was known before the first event. */
export interface ReplayedTrace {
  readonly survey: Survey;
  readonly finished: readonly FinishedReplay[];
}

/** Survey `source` and replay it through every strategy of `plan`. */
export async function replayTrace(
  source: AsyncGenerator<EventBatch>,
  plan: ReplayPlan,
  watch: TraceWatch,
  hooks: RunHooks,
): Promise<ReplayedTrace> {
  const { choices, profile, declared, settings, vms } = plan;
  const most = mostThreads(choices.length, hooks);
  const meter = new DecodingMeter();
  const survey = await Survey.of(source, (events) => meter.note(events), undefined, vms);
  if (declared !== undefined) survey.topology.declare(declared);
  const threads = threadsFor(survey, choices.length, most, hooks.threadsPayFrom);
  const [numbers, ...otherNumbers] = divide(choices.length, threads, meter.msPerEvent(survey));
  const chosen = numbers.map((number) => ({ number, choice: choices[number] }));
  const own = new StrategyReplays(chosen, profile, survey, settings);
  const rest = inOrder(survey, source);
  if (otherNumbers.length === 0) return { survey, finished: await replayAlone(rest, own, watch, hooks.signal) };
  const { name, title, parameters } = profile;
  const job = {
    choices: plan.specified,
    profile: { name, title, parameters },
    survey: toPostedSurvey(survey),
    settings,
  };
  const jobs = otherNumbers.map((numbers) => ({ ...job, numbers }));
  const others = new ReplayThreads(jobs, hooks.signal);
  try {
    const finished = await replayTogether(rest, own, others, watch, hooks.signal);
    return { survey, finished: finished.sort((a, b) => a.number - b.number) };
  } finally {
    await others.close();
  }
}

/** Whoever observes the course of a replay, or has decoded its trace, does so in one thread. */
function mostThreads(strategies: number, { jobs = 1, timeline, open }: RunHooks): number {
  return timeline !== undefined || open !== undefined ? 1 : Math.min(jobs, strategies);
}

async function replayAlone(
  batches: AsyncGenerator<EventBatch>,
  own: StrategyReplays,
  watch: TraceWatch,
  signal: AbortSignal | undefined,
): Promise<FinishedReplay[]> {
  own.start();
  for await (const batch of batches) {
    signal?.throwIfAborted();
    own.consume(batch);
    watch.onBatch(batch);
  }
  const { trace, hasDma } = watch.atEnd();
  return own.finish(trace, hasDma);
}

/** Batches that this thread is behind in its own replays: the others have something to do while it is at one of them. */
const LEAD = 1;

/** @throws what a single thread would have thrown */
async function replayTogether(
  batches: AsyncGenerator<EventBatch>,
  own: StrategyReplays,
  others: ReplayThreads,
  watch: TraceWatch,
  signal: AbortSignal | undefined,
): Promise<FinishedReplay[]> {
  const failures: Failure[] = [];
  /** Do `work` unless something has failed; what it throws is a failure, but for an interruption. */
  const attempt = async (work: () => void | Promise<void>) => {
    signal?.throwIfAborted();
    try {
      if (failures.length === 0) await work();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      failures.push({ place: own.place, error });
    }
  };
  const lead: EventBatch[] = [];
  const replayNext = () => {
    const batch = lead.shift() as EventBatch;
    own.consume(batch);
    watch.onBatch(batch);
  };
  const reading = new Reading(batches);
  let finished: FinishedReplay[] = [];
  await attempt(async () => {
    own.start();
    for await (const batch of reading.batches()) {
      await others.post(batch);
      lead.push(batch);
      if (lead.length > LEAD) replayNext();
      if (others.hasFailed) break;
    }
  });
  await attempt(() => {
    while (lead.length > 0) replayNext();
  });
  // What cannot be read comes after all that could.
  await attempt(() => reading.throwFailure());
  await attempt(() => {
    if (others.hasFailed) return;
    const end = watch.atEnd();
    others.end(end);
    finished = own.finish(end.trace, end.hasDma);
  });
  finished.push(...(await others.finished()));
  failures.push(...others.failures);
  if (failures.length > 0) throw firstOf(failures).error;
  return finished;
}

/** Batches up to where they cannot be read any further, which is said later. */
class Reading {
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly source: AsyncGenerator<EventBatch>) {}

  async *batches(): AsyncGenerator<EventBatch, void, void> {
    try {
      yield* this.source;
    } catch (error) {
      this.failure = { error };
    }
  }

  throwFailure(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}

/**
 * What decoding keeps this thread busy for, waits for the system left out. It is taken over the second half of a survey: in the
 * first one loops are compiled.
 */
class DecodingMeter {
  private before: { readonly events: number; readonly time: EventLoopUtilization } | undefined;

  note(events: number): void {
    if (events < SURVEY_EVENTS / 2) return;
    this.before ??= { events, time: performance.eventLoopUtilization() };
  }

  /** For events that are still to come: nothing if `survey` has seen all. */
  msPerEvent({ isComplete, events }: Survey): number {
    if (isComplete || this.before === undefined || events === this.before.events) return 0;
    return performance.eventLoopUtilization(this.before.time).active / (events - this.before.events);
  }
}

const EMPTY_BATCH = { count: 0 } as EventBatch;

/** The surveyed batches, each let go as soon as it is handed out, and those after them. */
async function* inOrder({ batches }: Survey, rest: AsyncGenerator<EventBatch>): AsyncGenerator<EventBatch, void, void> {
  for (let i = 0; i < batches.length; i++) {
    const batch = batches[i];
    batches[i] = EMPTY_BATCH;
    // Nothing else here waits for the system: without this a Ctrl-C, or a thread that fails, would be heard late.
    await setImmediate();
    yield batch;
  }
  yield* rest;
}
