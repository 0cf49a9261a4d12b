/** What the thread that decodes and those that replay say to each other. */
import type { Parameter } from '../../profiles/loaded-profile.js';
import { Survey } from '../../replay/survey.js';
import { Topology } from '../../topology/topology.js';
import type { SharedBatch } from '../../trace/shared-batch.js';
import type { ChoiceOptions } from '../choices.js';
import type { FinishedReplay, ReplaySettings } from '../strategy-replays.js';
import type { PostedFailure } from './failure.js';

/** What a thread begins with: all that decides its replays but the events. */
export interface ReplayJob {
  readonly choices: ChoiceOptions;
  /** Strategies of `choices` that are this thread's, by their places. */
  readonly numbers: readonly number[];
  /** The profile as it was loaded: its file is not read again. */
  readonly profile: { readonly name: string; readonly title: string; readonly parameters: readonly Parameter[] };
  readonly survey: PostedSurvey;
  readonly settings: ReplaySettings;
}

/** The fields of a survey without its batches. They are plain data; what is posted loses its class. */
export type PostedSurvey = Omit<Survey, never>;

/** `survey` for another thread. */
export function toPostedSurvey(survey: Survey): PostedSurvey {
  return { ...survey, batches: [] };
}

/** The survey that another thread has posted. */
export function fromPostedSurvey(posted: PostedSurvey): Survey {
  const topology: Topology = Object.assign(Object.create(Topology.prototype), posted.topology);
  return Object.assign(Object.create(Survey.prototype), { ...posted, topology });
}

/** What is known of a trace when all of it has been read. */
export interface EndOfTrace {
  /** Its name in results. */
  readonly trace: string;
  readonly hasDma: boolean;
}

/** To a thread: a batch of the trace, or that there are no more. */
export type ToThread = { readonly batch: SharedBatch } | { readonly end: EndOfTrace };

/** From a thread: it is ready, has done with one more batch, has finished, or has failed and says nothing more. */
export type FromThread =
  | { readonly ready: true }
  | { readonly taken: 1 }
  | { readonly finished: readonly FinishedReplay[] }
  | { readonly failure: PostedFailure };
