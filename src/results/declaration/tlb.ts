/** Declaration of `results[].tlb`, `safety`, `oracle` and `timed_translation`. */
import { z } from 'zod';
import { POOL_NAMES } from '../../machine/translation/pools.js';
import { STRUCTURE_NAMES } from '../../smmu/counters.js';
import { ALIKE_KEYWORD, headline, metric, metricBy } from './metric.js';

const CAUSES =
  'misses by cause: cold, capacity, conflict, invalidated (the guest’s own command covered it), collateral (only the path’s wider command did)';

/** One cache structure: lookups = hits + misses, fills − evictions − invalidated = occupancy. */
const CACHE = z.object({
  entries: metric('count', 'neutral', 'entries that the structure has').optional(),
  lookups: metric('count', 'neutral', 'lookups'),
  hits: metric('count', 'higher', 'lookups that found a translation'),
  misses: metric('count', 'lower', 'lookups that did not'),
  miss_ratio: metric('share', 'lower', 'misses divided by lookups'),
  misses_by_cause: metricBy('CAUSE', 'count', 'lower', CAUSES).optional(),
  fills: metric('count', 'neutral', 'entries put in'),
  evictions: metric('count', 'lower', 'entries put out to make room'),
  invalidated: metric('count', 'neutral', 'entries taken out by commands'),
  occupancy: metric('count', 'neutral', 'entries at the end'),
  stale_in_window: metric(
    'count',
    'neutral',
    'uses of an entry that a command covers, before the guest saw it done',
  ).optional(),
  stale_after_sync: metric('count', 'lower', 'such uses after the guest had seen it done').optional(),
});

const cacheOf = (name: string) =>
  CACHE.meta({ description: `the structure ${name}`, [ALIKE_KEYWORD]: 'STRUCTURE' }).optional();

const DEVICE_CACHE = z.object({
  lookups: z.int(),
  hits: z.int(),
  misses: z.int(),
  misses_by_cause: z.record(z.string(), z.int()).nullable(),
});

export const TLB = z.object({
  ...Object.fromEntries(STRUCTURE_NAMES.map((name) => [name, cacheOf(name)])),
  translations: metric('count', 'neutral', 'translations that devices asked for').optional(),
  faults: metric('count', 'lower', 'translations that ended in a fault').optional(),
  walks: metric('count', 'lower', 'page table walks').optional(),
  walk_reads: headline('count', 'lower', 'memory reads of page table walks'),
  walk_reads_by_stage: metricBy('STAGE', 'count', 'lower', 'memory reads of walks, by translation stage').optional(),
  config_reads: metricBy('TABLE', 'count', 'lower', 'memory reads of stream tables and CD tables').optional(),
  infinite_misses: metric('count', 'neutral', 'misses that a TLB without limits would have too').optional(),
  invalidation_induced: metric(
    'count',
    'lower',
    'misses of a TLB without limits that an invalidation caused',
  ).optional(),
  atc_invalidation_induced: metric(
    'count',
    'lower',
    'misses of device ATCs without limits that an invalidation caused',
  ).optional(),
  ats_requests: metric('count', 'lower', 'PCIe ATS translation requests').optional(),
  atc_invalidations_useless: metric('count', 'lower', 'ATC invalidations that found nothing to take out').optional(),
  dma: metricBy('OUTCOME', 'count', 'neutral', 'dma events, by what became of them').optional(),
  by_sid: z
    .record(z.string(), z.record(z.string(), DEVICE_CACHE))
    .optional()
    .meta({ description: 'lookups, hits and misses by StreamID and structure' }),
  psid_by_sid: z.record(z.string(), z.string()).optional().meta({ description: 'physical StreamIDs' }),
  pmu: metricBy('EVENT', 'count', 'neutral', 'counters under the names of MMU-700 performance events').optional(),
});

export const SAFETY = z.object({
  stale_in_window: metric(
    'count',
    'neutral',
    'uses of a translation that a guest command covers before the guest saw its CMD_SYNC done: legal',
  ),
  stale_after_sync: headline('count', 'lower', 'such uses after the guest had seen the CMD_SYNC done: a violation'),
  first: z.array(z.unknown()).meta({ description: 'the first of both, with event numbers' }),
  atc_refill_races: metric(
    'count',
    'lower',
    'ATC_INVs in a host queue with no CMD_SYNC after the TLBI of their range: the ATC may refill from the TLB; possible, not observed',
  ).optional(),
  first_atc_refill_races: z.array(z.unknown()).optional().meta({
    description: 'the first of them: event that published the ATC_INV, numbers of both guest commands, StreamID',
  }),
});

function agreement(what: string) {
  return z.object({
    compared: metric('count', 'neutral', `${what} that were compared with the exact model`),
    hits: metric('count', 'neutral', `${what} that the recording calls hits`),
    misses: metric('count', 'neutral', `${what} that the recording calls misses`),
    mismatches: metric('count', 'lower', `${what} on which recording and model differ`),
    first: z.array(z.unknown()).meta({ description: 'the first mismatches, with line numbers' }),
  });
}

export const ORACLE = z.object({
  recorded: agreement('translations'),
  config: agreement('configuration lookups'),
});

const POOL = z.object({
  slots: metric('slots', 'neutral', 'slots'),
  grants: metric('count', 'neutral', 'times that a slot was taken'),
  waited: metric('count', 'lower', 'of these, those that had to wait'),
  mean_occupancy: metric('ratio', 'lower', 'slots in use on average'),
});

export const TIMED_TRANSLATION = z.object({
  finished: metric('count', 'neutral', 'timed translations that ended'),
  merged: metric('count', 'neutral', 'of these, those that joined a walk under way for the same page'),
  most_in_flight: metric('count', 'lower', 'most translations under way at once'),
  slots: z.object(
    Object.fromEntries(
      POOL_NAMES.map((name) => [name, POOL.meta({ description: `slots ${name}`, [ALIKE_KEYWORD]: 'POOL' }).optional()]),
    ),
  ),
});
