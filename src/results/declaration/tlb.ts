/** Declaration of `results[].tlb`, `safety`, `oracle` and `timed_translation`. */
import { z } from 'zod';
import { POOL_NAMES } from '../../machine/translation/pools.js';
import { STRUCTURE_NAMES, type StructureName } from '../../smmu/counters.js';
import {
  ALIKE_KEYWORD,
  addedLater,
  allAddedLater,
  countsBy,
  headline,
  label,
  metric,
  metricBy,
  number,
  quantity,
} from './metric.js';

const CAUSES =
  'misses by cause: cold, capacity, conflict, invalidated (the guest’s own command covered it), collateral (only the path’s wider command did)';

/** One cache structure: lookups = hits + misses, fills − evictions − invalidated = occupancy. */
const CACHE = z.object({
  entries: addedLater(metric('count', 'neutral', 'entries that the structure has')),
  lookups: metric('count', 'neutral', 'lookups'),
  hits: metric('count', 'higher', 'lookups that found a translation'),
  misses: metric('count', 'lower', 'lookups that did not'),
  miss_ratio: metric('share', 'lower', 'misses divided by lookups'),
  misses_by_cause: metricBy('CAUSE', 'count', 'lower', CAUSES).optional(),
  fills: metric('count', 'neutral', 'entries put in'),
  evictions: metric('count', 'lower', 'entries put out to make room'),
  invalidated: metric('count', 'neutral', 'entries taken out by commands'),
  occupancy: metric('count', 'neutral', 'entries at the end'),
  stale_in_window: addedLater(
    metric('count', 'neutral', 'uses of an entry that a command covers, before the guest saw it done'),
  ),
  stale_after_sync: addedLater(metric('count', 'lower', 'such uses after the guest had seen it done')),
});

const cacheOf = (name: string) => CACHE.meta({ description: `the structure ${name}`, [ALIKE_KEYWORD]: 'STRUCTURE' });

const DEVICE_CACHE = z.object({
  lookups: quantity('count', 'lookups'),
  hits: quantity('count', 'lookups that found a translation'),
  misses: quantity('count', 'lookups that did not'),
  misses_by_cause: countsBy('misses by cause; null: causes are off').nullable(),
});

/** Every machine has a main TLB; the others are there where the profile enables them. */
const STRUCTURES = Object.fromEntries(STRUCTURE_NAMES.map((name) => [name, cacheOf(name).optional()])) as Record<
  StructureName,
  z.ZodOptional<typeof CACHE>
>;

export const TLB = z
  .object({
    ...STRUCTURES,
    main: addedLater(cacheOf('main')),
    ...allAddedLater({
      translations: metric('count', 'neutral', 'translations that devices asked for'),
      faults: metric('count', 'lower', 'translations that ended in a fault'),
      walks: metric('count', 'lower', 'page table walks'),
    }),
    misses_per_translation: metric(
      'share',
      'lower',
      'part of all translations that neither a device’s ATC nor the micro TLB nor the main TLB held',
    ).optional(),
    micro_hit_share: metric(
      'share',
      'higher',
      'part of all translations that the micro TLB before the main TLB answered; left out: there is none',
    ).optional(),
    walk_reads: headline('count', 'lower', 'memory reads of page table walks'),
    ...allAddedLater({
      walk_reads_by_stage: metricBy('STAGE', 'count', 'lower', 'memory reads of walks, by translation stage'),
      config_reads: metricBy('TABLE', 'count', 'lower', 'memory reads of stream tables and CD tables'),
      infinite_misses: metric('count', 'neutral', 'misses that a TLB without limits would have too').nullable(),
      invalidation_induced: metric(
        'count',
        'lower',
        'misses of a TLB without limits that an invalidation caused',
      ).nullable(),
      atc_invalidation_induced: metric(
        'count',
        'lower',
        'misses of device ATCs without limits that an invalidation caused',
      ).nullable(),
      ats_requests: metric('count', 'lower', 'PCIe ATS translation requests'),
      atc_invalidations_useless: metric('count', 'lower', 'ATC invalidations that found nothing to take out'),
      dma: metricBy('OUTCOME', 'count', 'neutral', 'dma events, by what became of them'),
      by_sid: z
        .record(z.string(), z.record(z.string(), DEVICE_CACHE))
        .meta({ description: 'lookups, hits and misses by StreamID and structure' }),
    }),
    psid_by_sid: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'physical StreamIDs, where the topology file has them' }),
    pmu: addedLater(metricBy('EVENT', 'count', 'neutral', 'counters under the names of MMU-700 performance events')),
  })
  .meta({ description: 'translation caches; null: no device translates anything in the trace' });

const VIOLATION = z.object({
  strategy: label('strategy'),
  event: number('number of the dma event'),
  structure: label('structure that held the entry'),
  command: number('number of the guest command that covered it'),
  queue: number('queue of that command'),
  sid: number('StreamID'),
  iova: label('address of the translation, in hexadecimal'),
});

const REFILL_RACE = z.object({
  event: number('number of the event that published the ATC_INV, from 1'),
  tlbi: number('number of the TLBI among the guest’s commands, from 1'),
  command: number('number of the ATC_INV, likewise'),
  sid: number('StreamID'),
});

export const SAFETY = z
  .object({
    stale_in_window: metric(
      'count',
      'neutral',
      'uses of a translation that a guest command covers before the guest saw its CMD_SYNC done: legal',
    ),
    stale_after_sync: headline('count', 'lower', 'such uses after the guest had seen the CMD_SYNC done: a violation'),
    first: z.array(VIOLATION).meta({ description: 'the first of both, with event numbers' }),
    atc_refill_races: addedLater(
      metric(
        'count',
        'lower',
        'ATC_INVs in a host queue with no CMD_SYNC after the TLBI of their range: the ATC may refill from the TLB; possible, not observed',
      ),
    ),
    first_atc_refill_races: addedLater(
      z.array(REFILL_RACE).meta({
        description: 'the first of them: event that published the ATC_INV, numbers of both guest commands, StreamID',
      }),
    ),
  })
  .meta({ description: 'stale translations; null: no device translates anything, or --no-safety' });

const MISMATCH = z.object({
  line: number('line or record of the trace'),
  iova: label('address, in hexadecimal'),
  sid: number('StreamID'),
  predicted: z.enum(['hit', 'miss']).meta({ description: 'what the model says' }),
  recorded: z.enum(['hit', 'miss']).meta({ description: 'what the recording says' }),
});

function agreement(what: string) {
  return z
    .object({
      compared: metric('count', 'neutral', `${what} that were compared with the exact model`),
      hits: metric('count', 'neutral', `${what} that the recording calls hits`),
      misses: metric('count', 'neutral', `${what} that the recording calls misses`),
      mismatches: metric('count', 'lower', `${what} on which recording and model differ`),
      first: z.array(MISMATCH).meta({ description: 'the first mismatches, with line numbers' }),
    })
    .meta({ description: `${what}: recording against model` });
}

export const ORACLE = z
  .object({
    recorded: agreement('translations')
      .extend({
        misses_by_cause: countsBy(
          'predicted misses by cause, where the recorder itself invalidates more than it is asked to',
        ).optional(),
      })
      .meta({ description: 'translations: recording against model' }),
    config: agreement('configuration lookups'),
    quirk: z
      .object({
        collateral_entries: quantity('count', 'entries taken out that no command asked for'),
        differing_lookups: quantity('count', 'lookups that a model without the quirk predicts differently'),
        misses_without: quantity('count', 'misses of that model'),
      })
      .optional()
      .meta({ description: 'what the recorder’s over-wide invalidations cost' }),
  })
  .meta({ description: 'the recorder’s own outcomes against the exact model of it, where the profile names one' });

const POOL = z.object({
  slots: metric('slots', 'neutral', 'slots'),
  grants: metric('count', 'neutral', 'times that a slot was taken'),
  waited: metric('count', 'lower', 'of these, those that had to wait'),
  mean_occupancy: metric('ratio', 'lower', 'slots in use on average'),
});

const POOLS = Object.fromEntries(
  POOL_NAMES.map((name) => [name, POOL.meta({ description: `slots ${name}`, [ALIKE_KEYWORD]: 'POOL' })]),
) as Record<(typeof POOL_NAMES)[number], typeof POOL>;

export const TIMED_TRANSLATION = z
  .object({
    finished: metric('count', 'neutral', 'timed translations that ended'),
    merged: metric('count', 'neutral', 'of these, those that joined a walk under way for the same page'),
    most_in_flight: metric('count', 'lower', 'most translations under way at once'),
    slots: z.object(allAddedLater(POOLS)).meta({ description: 'slots by kind' }),
  })
  .meta({ description: 'contention of timed translations; with --dma timed only' });
