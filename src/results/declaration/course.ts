/** Declaration of `timeline`. */
import { z } from 'zod';
import { metric } from './metric.js';

/** Only where `replay --perfetto` wrote a file. */
export const TIMELINE = z.object({
  first_event: metric('count', 'neutral', 'number of the first event that the timeline may show'),
  last_event: metric('count', 'neutral', 'number of the last event up to which submissions are shown'),
  slices: metric('count', 'neutral', 'slices in the timeline'),
  marks: metric('count', 'neutral', 'guest commands marked in the timeline'),
  flows: metric('count', 'neutral', 'guest commands that the timeline follows to the SMMU'),
  bytes: metric('count', 'neutral', 'size of the timeline’s file'),
});
