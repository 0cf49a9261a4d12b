/** Declarations that several documents share: the tool, the recording they are made from, its reader, a joined one, transforms. */
import { z } from 'zod';
import { addedLater, allAddedLater, distribution, type Immutable, label, number, quantity } from './metric.js';

const SHA256_OF = 'SHA-256 in hexadecimal of';

/** The tool that wrote a document. */
export const TOOL = z
  .object({
    name: label('name of the tool'),
    version: label('its version'),
    build: addedLater(label(`${SHA256_OF} the built tool`)),
  })
  .meta({ description: 'tool that wrote the document' });

/** One guest-side transform: its settings and, for one trace, what it did. Open: each transform has settings of its own. */
const TRANSFORM = z.record(z.string(), z.union([z.string(), z.number()]));

/** Guest-side transforms. */
export function transforms(description: string) {
  return z.array(TRANSFORM).meta({ description });
}

const NOTE = z.object({
  line: number('line or record where it showed first, from 1; 0: the trace as a whole'),
  what: label('what was lost or had to be assumed'),
  count: quantity('count', 'how often'),
});

const READER_KEYS = {
  format: label('format of the trace'),
  version: label('version of the recorder as far as the content shows it; empty: it does not'),
  time_base: z
    .enum(['clock', 'order-only'])
    .meta({ description: 'clock: events carry times; order-only: they carry their order' }),
  lines: quantity('count', 'lines or records read'),
  foreign_lines: quantity('count', 'lines of other programs'),
  context_lines: quantity('count', 'valid lines that carry no event for a replay'),
  reconstructed_commands: quantity('count', 'commands rebuilt from decoded lines, as the recording lacks their words'),
  opcode_only_commands: quantity('count', 'commands of which only the opcode is known'),
  translated_from: z.enum(['', 'VT-d']).meta({
    description:
      'architecture of the recorded commands if they were translated to SMMUv3 commands; empty: they were not',
  }),
  translated_commands: quantity('count', 'commands so translated'),
  skipped_rows: quantity('count', 'malformed rows skipped with --lenient'),
  lossy: z.array(NOTE).meta({ description: 'what the recording lost, or the reader had to assume' }),
};

/** What a reader saw (formats/reader.ts). */
export const READER = z.object(READER_KEYS).meta({ description: 'what the reader saw' });

/** The same in a result: earlier builds counted less. */
export const RESULT_READER = z
  .object({ ...allAddedLater(READER_KEYS), format: READER_KEYS.format })
  .meta({ description: 'what the reader saw' });

/** How two joined recordings agree (formats/join/). */
export const JOIN = z
  .object({
    file: label('file name of the recording that was joined'),
    sha256: label(`${SHA256_OF} its bytes`),
    compression: label('its compression: none, gz, xz or zst'),
    reader: READER,
    commands_from: label('file that gave commands, completions and mappings'),
    translations_from: label('file that gave translations'),
    commands: z
      .object({
        matched: quantity('count', 'in both recordings'),
        only_in_commands_from: quantity('count', 'only in the recording of the commands: left out'),
        only_before: quantity('count', 'only in that of the translations, before the part that both have: kept'),
        only_within: quantity('count', 'only in that of the translations, within the part that both have: kept'),
        only_after: quantity('count', 'only in that of the translations, after the part that both have: kept'),
      })
      .meta({ description: 'commands of the two recordings' }),
    submissions: z
      .object({
        matched: quantity('count', 'whose commands are in both recordings'),
        unmatched: quantity('count', 'without a counterpart'),
        out_of_order: quantity('count', 'that entered the driver in another order than the queue’s'),
      })
      .meta({ description: 'submissions of the recording of the commands' }),
    clock: z
      .object({
        offset_ns: quantity('ns', 'added to a time of the commands’ clock'),
        drift_ppm: z
          .number()
          .meta({ description: 'how much faster the translations’ clock runs, in parts per million' }),
        spread_ns: quantity('ns', 'how far matched times are from this line'),
      })
      .nullable()
      .meta({ description: 'from the clock of the commands to that of the translations; null: one has no clock' }),
  })
  .meta({ description: 'how the two recordings agree that were joined' });

/** Streams, and where they are known from (topology/). */
export const TOPOLOGY = z
  .object({
    source: label('the topology file, or what the streams were inferred from').optional(),
    sha256: label(`${SHA256_OF} the topology file`).optional(),
    streams: z
      .array(
        z.object({
          sid: number('StreamID of the guest'),
          psid: number('physical StreamID').optional(),
          smmu: number('physical SMMU, from 0; left out: there is one').optional(),
          has_ats: z.boolean().optional().meta({ description: 'the device has an ATC' }),
          atc_entries: quantity('count', 'entries of its ATC, where the file says so').optional(),
          asid: number('ASID of its first domain; null: not known from the start').nullable().optional(),
          unlisted: z.literal(true).optional().meta({ description: 'the topology file does not list it' }),
        }),
      )
      .optional()
      .meta({ description: 'devices that are known' }),
    unknown_streams: z
      .array(number('StreamID'))
      .optional()
      .meta({ description: 'streams that ATC_INVs name and nothing else: no devices' }),
    ats_streams_on_trust: z
      .literal(true)
      .optional()
      .meta({ description: 'the trace has ATC_INVs alone: its streams are taken for devices with an ATC' }),
  })
  .meta({ description: 'streams, and where they are known from' });

/** How a trace was read, as far as it decides what is in it. */
export const READING = {
  lenient: z.boolean().meta({ description: 'malformed rows were skipped' }),
  csv_map: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'names of CSV columns in the file, to the tool’s own' }),
  ftrace_events: label('names of the probes in an ftrace recording').optional(),
};

/** The trace that an inspection or a check is about. */
export const TRACE = z
  .object({
    file: label('file name of the trace'),
    sha256: label(`${SHA256_OF} its bytes as they are, compressed or not`),
    compression: label('none, gz, xz or zst'),
    limited: z.boolean().meta({ description: '--limit ended the reading: counts and digest are of what was read' }),
  })
  .meta({ description: 'the trace' });

/** Latencies that a recording shows. */
export const RECORDED = distribution('on the recorder’s clock');

export type JoinReport = Immutable<z.infer<typeof JOIN>>;
