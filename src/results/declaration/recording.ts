/** Declaration of what every document says about the recording it is made from: its reader, a joined one, transforms, streams. */
import { z } from 'zod';

/** Guest-side transforms, each with its settings and what it did. */
export const TRANSFORMS = z.array(z.record(z.string(), z.union([z.string(), z.number()])));

/** What a reader saw (formats/reader.ts). */
export const READER = z.looseObject({
  format: z.string(),
  version: z.string(),
  time_base: z.enum(['clock', 'order-only']),
  lines: z.int(),
  foreign_lines: z.int(),
  context_lines: z.int(),
  reconstructed_commands: z.int(),
  opcode_only_commands: z.int(),
  translated_from: z.enum(['', 'VT-d']),
  translated_commands: z.int(),
  skipped_rows: z.int(),
  lossy: z.array(z.looseObject({ line: z.int(), what: z.string(), count: z.int() })),
});

/** How two joined recordings agree (formats/join/report.ts). */
export const JOIN = z.looseObject({
  file: z.string(),
  sha256: z.string(),
  compression: z.string(),
  reader: READER,
  commands_from: z.string(),
  translations_from: z.string(),
  commands: z.looseObject({
    matched: z.int(),
    only_in_commands_from: z.int(),
    only_before: z.int(),
    only_within: z.int(),
    only_after: z.int(),
  }),
  submissions: z.looseObject({ matched: z.int(), unmatched: z.int(), out_of_order: z.int() }),
  clock: z.looseObject({ offset_ns: z.number(), drift_ppm: z.number(), spread_ns: z.number() }).nullable(),
});

/** Streams, and where they are known from (topology/). */
export const TOPOLOGY = z.looseObject({
  source: z.string().optional(),
  streams: z
    .array(z.looseObject({ sid: z.int(), psid: z.int().optional(), has_ats: z.boolean().optional() }))
    .optional(),
});
