/** The document `smmuscope.mrc/1`: miss-ratio curves, one per trace. */
import { z } from 'zod';
import { CURVE } from '../../results/declaration/curve.js';
import { allAddedLater, type Immutable, label, quantity } from '../../results/declaration/metric.js';
import { JOIN, READER, READING, TOOL, TRACE, transforms } from '../../results/declaration/recording.js';
import { MRC_SCHEMA } from '../../results/declaration/tags.js';

const MRC_TRACE = TRACE.omit({ limited: true }).extend({
  ...allAddedLater({
    reader: READER,
    events: quantity('count', 'events of every kind'),
    transforms: transforms('guest-side transforms, with what each did to this trace'),
  }),
  join: JOIN.optional(),
});

export const MRC_DECLARATION = z.object({
  schema: z.literal(MRC_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      model: label('what a curve is the curve of'),
      traces: z.array(MRC_TRACE).meta({ description: 'one entry per trace, in the order given' }),
      transforms: transforms('guest-side transforms in their order; empty: as recorded'),
      msi: z.boolean().meta({ description: 'message-signalled interrupts count as translations' }),
      limit_events: quantity('count', 'most events read of each trace; null: all').nullable(),
      ...READING,
    })
    .meta({ description: 'everything that decided the curves' }),
  results: z.array(CURVE).meta({ description: 'one curve per trace' }),
});

/** The whole document. */
export type MrcDocument = Immutable<z.input<typeof MRC_DECLARATION>>;
/** The curve of one trace. */
export type MrcResult = MrcDocument['results'][number];
/** One size on it. */
export type CurvePoint = MrcResult['points'][number];
