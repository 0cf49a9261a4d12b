/**
 * All guest-side transforms in the order in which they are applied, whatever the order of the flags.
 *
 * The flush queue comes first, because it needs the unmaps as they were made; then the ATC_INVs, which follow ranges, not
 * their encoding; then the encoding of what TLBIs are left. Each repetition goes through these anew, and the time scale
 * applies to the whole. A new transform is one file and one line here.
 */
import type { EventBatch } from '../../trace/events.js';
import { guestAts } from './guest-ats.js';
import { guestLazy } from './guest-lazy.js';
import { guestRil } from './guest-ril.js';
import { concatenate } from './repeat.js';
import { timeScale } from './time-scale.js';
import type { Transform, TransformContext, TransformDefinition, TransformOptions } from './transform.js';

/** Applied to each repetition. */
const OF_EACH_PASS: readonly TransformDefinition[] = [guestLazy, guestAts, guestRil];
/** Applied to all repetitions together. */
const OF_THE_WHOLE: readonly TransformDefinition[] = [timeScale];

/** One transform in a result's provenance: name, settings and, for one trace, what it did. */
export type TransformReport = Readonly<Record<string, string | number>>;

/** The transforms that `options` ask for, in their order, as provenance. */
export function transformSettings(options: TransformOptions): TransformReport[] {
  const settingsOf = ({ name, settings }: TransformDefinition): TransformReport[] => {
    const wanted = settings(options);
    return wanted === undefined ? [] : [{ name, ...wanted }];
  };
  const { repeat = 1 } = options;
  return [
    ...OF_EACH_PASS.flatMap(settingsOf),
    ...(repeat > 1 ? [{ name: 'repeat', times: repeat }] : []),
    ...OF_THE_WHOLE.flatMap(settingsOf),
  ];
}

/** The transforms of one trace. */
export class TransformPipeline {
  private readonly made: { readonly name: string; readonly transform: Transform }[] = [];

  constructor(
    private readonly options: TransformOptions,
    private readonly context: TransformContext,
  ) {}

  /**
   * The transformed trace.
   * @param first its batches
   * @param again opens it once more (`--repeat`)
   */
  apply(first: AsyncGenerator<EventBatch>, again: () => AsyncIterable<EventBatch>): AsyncGenerator<EventBatch> {
    const { repeat = 1 } = this.options;
    const pass = (batches: AsyncIterable<EventBatch>) => this.chain(batches, OF_EACH_PASS);
    const repeated = repeat > 1 ? concatenate(pass(first), () => pass(again()), repeat) : pass(first);
    return this.chain(repeated, OF_THE_WHOLE) as AsyncGenerator<EventBatch>;
  }

  /** What each transform did, summed over repetitions; complete when the batches are exhausted. */
  report(): TransformReport[] {
    return transformSettings(this.options).map((settings) => {
      const counts: Record<string, number> = {};
      for (const { name, transform } of this.made) {
        if (name !== settings.name) continue;
        for (const [key, count] of Object.entries(transform.counts())) counts[key] = (counts[key] ?? 0) + count;
      }
      return { ...settings, ...counts };
    });
  }

  private chain(
    batches: AsyncIterable<EventBatch>,
    definitions: readonly TransformDefinition[],
  ): AsyncIterable<EventBatch> {
    let stage = batches;
    for (const { name, settings, create } of definitions) {
      if (settings(this.options) === undefined) continue;
      const transform = create(this.options, this.context);
      this.made.push({ name, transform });
      stage = transform.transform(stage);
    }
    return stage;
  }
}
