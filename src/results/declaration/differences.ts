/** Declaration of what differs between two results: the body of `smmuscope.diff/1`, and `against` of a result. */
import { z } from 'zod';
import { headlineDistribution, type Immutable, label, quantity } from './metric.js';
import { TOOL } from './recording.js';
import { COMPARED } from './statistics.js';

/** One of the two documents. */
export const SIDE = z.object({
  file: label('file name of the document'),
  sha256: label('SHA-256 of its bytes; left out: it was handed over by a program').optional(),
  tool: TOOL.extend({ build: TOOL.shape.build.unwrap().optional() }).meta({ description: 'tool that wrote it' }),
});

/** Where a point of a study lies. Open, as the axes of studies are. */
const COORDINATES = z.record(z.string(), z.union([z.string(), z.number(), z.record(z.string(), z.string())]));

const ROW_NAME = {
  trace: label('file name of the trace, in NEW where both have the row'),
  strategy: label('strategy'),
  atc: label('its ATC targeting'),
  at: COORDINATES.optional().meta({ description: 'of a study: where the point lies' }),
};

const CAVEAT = z.object({
  in: z.enum(['both', 'old', 'new']).meta({ description: 'which of the two says so' }),
  text: label('the caveat with its numbers'),
});

const ROW = z.object({
  ...ROW_NAME,
  old_trace: label('name of its trace in OLD, where that is another').optional(),
  operation: z
    .object({
      old: headlineDistribution('time of an operation in OLD'),
      new: headlineDistribution('time of an operation in NEW'),
    })
    .optional()
    .meta({ description: 'both distributions of the time of an operation, where they differ' }),
  caveats: z.array(CAVEAT).meta({ description: 'what must be known beside the latencies of either' }),
  only_in_old: z.array(z.string()).meta({ description: 'dotted paths of numbers that only OLD has' }),
  only_in_new: z.array(z.string()).meta({ description: 'dotted paths of numbers that only NEW has' }),
  not_numbers: z
    .array(z.string())
    .meta({ description: 'dotted paths of lists and texts that differ; empty across recordings, where all may' }),
});

const UNPAIRED = z.object({
  ...ROW_NAME,
  reason: label('why it has no counterpart, if the other document has such a point: it failed').optional(),
});

const DIFFERENCE = z.object({
  row: z.int().meta({ description: 'index of its row in rows' }),
  metric: label('dotted path of the metric; per_operation.… is a total divided by the operations'),
  unit: label('unit of old, new and change; empty: a number that is no metric'),
  direction: z.enum(['lower', 'higher', 'neutral']).meta({ description: 'which way is better' }),
  old: z.number().meta({ description: 'value in OLD; with several seeds their median' }),
  new: z.number().meta({ description: 'value in NEW, likewise' }),
  change: z.number().meta({ description: 'new − old' }),
  ratio: z.number().nullable().meta({ description: 'new divided by old; null: old is zero' }),
  share_of_mean_change: z
    .number()
    .optional()
    .meta({ description: 'of a stage: its change divided by that of latency.operation.mean_ns, where that has one' }),
  detail: z
    .literal(true)
    .optional()
    .meta({ description: 'follows from others or is a part of one: in tables with --all only' }),
  test: COMPARED.optional().meta({ description: 'several seeds only: OLD is the baseline' }),
  significant: z
    .boolean()
    .optional()
    .meta({ description: 'several seeds only: p is below 0.05; false: may be chance, and stands behind the others' }),
});

const OVER_TRACES = z.object({
  strategy: label('strategy'),
  atc: label('its ATC targeting'),
  metric: label('dotted path of the metric'),
  unit: label('its unit'),
  traces: quantity('count', 'traces that both documents have'),
  new_median: z.number().meta({ description: 'median over the traces in NEW' }),
  old: COMPARED.meta({ description: 'OLD, and what the test says of NEW against it' }),
});

const CHANGED = z.object({
  what: label('what decided the results: dotted path in provenance'),
  old: label('its value in OLD as JSON; left out: none').optional(),
  new: label('its value in NEW as JSON; left out: none').optional(),
  rows: quantity('count', 'rows that it is about; left out: all').optional(),
});

const RECORDING = z.object({
  old: label('file name of the trace in OLD'),
  new: label('file name of the trace in NEW'),
  facts: z
    .array(
      z.object({
        what: label('what of the recording or its guest'),
        unit: label('unit; empty: a text or a count'),
        old: z.union([z.string(), z.number()]).nullable().meta({ description: 'in OLD; null: not known' }),
        new: z.union([z.string(), z.number()]).nullable().meta({ description: 'in NEW; null: not known' }),
      }),
    )
    .meta({ description: 'what differs' }),
});

/** Everything that two documents are found to differ in. */
export const DIFFERENCES = {
  across: z
    .literal('recordings')
    .optional()
    .meta({ description: 'different recordings: numbers per operation and per unmap only, no totals' }),
  changed: z.array(CHANGED).meta({ description: 'what decided the results and is not the same' }),
  recordings: z.array(RECORDING).optional().meta({ description: 'with across: the pairs that are compared' }),
  rows: z.array(ROW).meta({ description: 'rows that both have, those that differ most first' }),
  only_in_old: z.array(UNPAIRED).meta({ description: 'rows that only OLD has' }),
  only_in_new: z.array(UNPAIRED).meta({ description: 'rows that only NEW has' }),
  over_traces: z
    .array(OVER_TRACES)
    .optional()
    .meta({ description: 'six traces or more: medians of the headline metrics over them, with the sign test' }),
  notes: z.array(z.string()).meta({ description: 'what must be known of the comparison' }),
  differences: z.array(DIFFERENCE).meta({ description: 'numbers that differ, the most important first; empty: none' }),
};

/** The same beside the results of a comparison, which are NEW. */
export const AGAINST = z.object({ old: SIDE.meta({ description: 'the earlier result' }), ...DIFFERENCES });

const BODY = z.object(DIFFERENCES);

/** What is found. */
export type Differences = Immutable<z.input<typeof BODY>>;
/** A row that both documents have. */
export type DiffRow = Differences['rows'][number];
/** A row that only one has. */
export type UnpairedRow = Differences['only_in_old'][number];
/** One number. */
export type Difference = Differences['differences'][number];
/** One part of the provenance. */
export type Changed = Differences['changed'][number];
/** Two recordings. */
export type RecordingPair = NonNullable<Differences['recordings']>[number];
/** Medians over several traces. */
export type OverTraces = NonNullable<Differences['over_traces']>[number];
/** One of the two documents. */
export type Side = Immutable<z.input<typeof SIDE>>;
