/** Declaration of `smmuscope.inspect/1`. */
import { z } from 'zod';
import { INSPECT_SCHEMA, type InspectDocument } from '../../analysis/inspect/document.js';
import { JOIN, READER, TRANSFORMS } from '../../results/declaration/recording.js';
import { COUNTS, RECORDED, TRACE } from './kind.js';

const BY_VCPU = RECORDED.extend({ by_vcpu: z.record(z.string(), RECORDED) }).nullable();

const LATENCY = RECORDED.extend({
  by_vcpu: z.record(z.string(), RECORDED),
  includes_tracing: z.boolean().optional(),
}).nullable();

export const INSPECT_DECLARATION: z.ZodType<InspectDocument> = z.object({
  schema: z.literal(INSPECT_SCHEMA),
  trace: TRACE,
  reader: READER,
  transforms: TRANSFORMS,
  join: JOIN.optional(),
  events: z.int(),
  commands: z.looseObject({
    total: z.int(),
    unpublished: z.int(),
    by_opcode: COUNTS,
    by_vcpu: COUNTS,
    by_vcpu_opcode: z.record(z.string(), COUNTS),
    by_sid: COUNTS,
    reserved: COUNTS,
  }),
  doorbells: z.int(),
  batch_sizes: COUNTS,
  sync_dones: z.int(),
  syncs: z.looseObject({ total: z.int(), commands_per_sync: z.number().nullable(), per_doorbell: COUNTS }),
  doorbells_by_vcpu: COUNTS,
  inter_arrival: BY_VCPU,
  dma: z.looseObject({ total: z.int(), msi: z.int(), by_sid: COUNTS, by_outcome: COUNTS }),
  maps: z.int(),
  unmaps: z.int(),
  // Nanoseconds since 1970 are beyond the integers that a number holds exactly.
  time: z.looseObject({
    first_ns: z.number().nullable(),
    last_ns: z.number().nullable(),
    span_ns: z.number().nullable(),
  }),
  recorded_latency: LATENCY,
  page_sizes: COUNTS,
  asids: COUNTS,
  range_pages: COUNTS,
});
