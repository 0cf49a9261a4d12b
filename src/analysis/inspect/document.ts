/**
 * The document `smmuscope.inspect/1`: what a trace holds, before any replay.
 *
 * Keys are snake_case with the unit in the name; they are the contract with scripts: add, never rename.
 */
import { z } from 'zod';
import { countsBy, type Immutable, quantity } from '../../results/declaration/metric.js';
import { JOIN, READER, RECORDED, TRACE, transforms } from '../../results/declaration/recording.js';
import { INSPECT_SCHEMA } from '../../results/declaration/tags.js';

const BY_VCPU = RECORDED.extend({ by_vcpu: z.record(z.string(), RECORDED).meta({ description: 'the same by vCPU' }) });

/** Times in ns of the recorder's clock. */
const TIME = z.object({
  // Nanoseconds since 1970 are beyond the integers that a number holds exactly.
  first_ns: quantity('ns', 'time of the first event').nullable(),
  last_ns: quantity('ns', 'time of the last event').nullable(),
  span_ns: quantity('ns', 'from the first to the last').nullable(),
});

export const INSPECT_DECLARATION = z.object({
  schema: z.literal(INSPECT_SCHEMA).meta({ description: 'version of this document' }),
  trace: TRACE,
  reader: READER,
  transforms: transforms('guest-side transforms in their order, with what each did; empty: as recorded'),
  join: JOIN.optional(),
  events: quantity('count', 'events of every kind'),
  commands: z
    .object({
      total: quantity('count', 'commands'),
      unpublished: quantity('count', 'commands that no doorbell publishes: the SMMU never sees them'),
      by_opcode: countsBy('commands by opcode'),
      by_vcpu: countsBy('commands by the vCPU that wrote them; unknown: the recording does not tell'),
      by_vcpu_opcode: z
        .record(z.string(), countsBy('commands by opcode'))
        .meta({ description: 'commands by vCPU, then opcode' }),
      by_sid: countsBy('commands by the StreamID, in hexadecimal, that CFGI, ATC_INV and PREFETCH commands name'),
      reserved: countsBy('combinations that the architecture reserves, among commands recorded with their raw words'),
    })
    .meta({ description: 'commands of the guest' }),
  doorbells: quantity('count', 'writes of PROD'),
  batch_sizes: countsBy('doorbells by the commands that each publishes'),
  sync_dones: quantity('count', 'completions of a CMD_SYNC that the guest saw'),
  syncs: z
    .object({
      total: quantity('count', 'CMD_SYNCs among the commands'),
      commands_per_sync: quantity('ratio', 'other commands per CMD_SYNC; null: no CMD_SYNC').nullable(),
      per_doorbell: countsBy('doorbells by the CMD_SYNCs that each publishes'),
    })
    .meta({ description: 'CMD_SYNCs' }),
  doorbells_by_vcpu: countsBy('doorbells by vCPU'),
  inter_arrival: BY_VCPU.nullable().meta({
    description: 'from one doorbell to the next, and of each vCPU to its own next; null: there are no two',
  }),
  dma: z
    .object({
      total: quantity('count', 'translations that devices ask for'),
      msi: quantity('count', 'of these, message-signalled interrupts'),
      by_sid: countsBy('translations by StreamID in hexadecimal'),
      by_outcome: countsBy('translations by what the recorder’s own SMMU made of them'),
    })
    .meta({ description: 'translations' }),
  maps: quantity('count', 'map events'),
  unmaps: quantity('count', 'unmap events'),
  time: TIME.meta({ description: 'the recorder’s clock; null: a trace without events or without a clock' }),
  recorded_latency: BY_VCPU.extend({
    includes_tracing: z.boolean().optional().meta({
      description: 'the recorder wrote while the guest waited: these times hold the recording itself (every QEMU log)',
    }),
  })
    .nullable()
    .meta({ description: 'from a vCPU’s doorbell to its sight of CMD_SYNC done; null: there is no such pair' }),
  page_sizes: countsBy(
    'dma, map and unmap events by the bytes of the page or block behind each; unknown: not recorded',
  ),
  asids: countsBy('commands by the ASID that they name'),
  range_pages: countsBy('TLBIs of an address by the 4 KiB pages that each covers'),
});

/** The whole document. */
export type InspectDocument = Immutable<z.infer<typeof INSPECT_DECLARATION>>;

/** Counts by a name or number spelt as text. */
export type CountsByKey = InspectDocument['batch_sizes'];
