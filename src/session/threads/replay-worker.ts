/** A thread that replays some strategies of a run on batches that another thread decodes. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoadedProfile } from '../../profiles/loaded-profile.js';
import { viewOf } from '../../trace/shared-batch.js';
import { resolveChoices } from '../choices.js';
import { StrategyReplays } from '../strategy-replays.js';
import { toPosted } from './failure.js';
import { type FromThread, fromPostedSurvey, type ReplayJob, type ToThread } from './messages.js';

/** The strategies of `job`, started. */
class ReplayWorker {
  private replays: StrategyReplays | undefined;
  private hasFailed = false;

  constructor(
    private readonly job: ReplayJob,
    private readonly post: (message: FromThread) => void,
  ) {
    this.attempt(() => this.start());
  }

  /** Do what a message asks for and answer it; nothing after a failure. */
  take(message: ToThread): void {
    this.attempt(() => {
      if ('batch' in message) {
        this.replays?.consume(viewOf(message.batch));
        this.post({ taken: 1 });
      } else {
        const { trace, hasDma } = message.end;
        this.post({ finished: this.replays?.finish(trace, hasDma) ?? [] });
      }
    });
  }

  private start(): void {
    const { choices: specified, numbers, survey, settings } = this.job;
    const { name, title, parameters } = this.job.profile;
    const all = resolveChoices(specified);
    const choices = numbers.map((number) => ({ number, choice: all[number] }));
    const profile = new LoadedProfile(name, title, parameters);
    this.replays = new StrategyReplays(choices, profile, fromPostedSurvey(survey), settings);
    this.replays.start();
    this.post({ ready: true });
  }

  private attempt(work: () => void): void {
    if (this.hasFailed) return;
    try {
      work();
    } catch (error) {
      this.hasFailed = true;
      const place = this.replays?.place ?? { step: 0, strategy: this.job.numbers[0] };
      this.post({ failure: toPosted({ place, error }) });
    }
  }
}

const port = parentPort;
if (port !== null) {
  const worker = new ReplayWorker(workerData as ReplayJob, (message) => port.postMessage(message));
  port.on('message', (message: ToThread) => worker.take(message));
}
