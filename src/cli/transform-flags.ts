/** Flags of the guest-side transforms, and what they mean together. */
import { Flags, type Interfaces } from '@oclif/core';
import type { ReplayOptions } from '../library/options.js';
import { rare } from './help-groups.js';

const GUEST_GROUP = rare('GUEST');

/** What the guest would have done otherwise (docs/workloads.md). */
export const transformFlags = {
  'guest-ats': Flags.boolean({
    helpGroup: GUEST_GROUP,
    description:
      'devices with ATS: after each invalidation insert the ATC_INVs that Linux would send, one per stream of the domain',
  }),
  'guest-ril': Flags.option({ options: ['on', 'off'] as const })({
    helpGroup: GUEST_GROUP,
    description: 'range invalidation: encode all TLBIs as ranges (on) or page by page (off), as Linux does',
  }),
  'guest-lazy': Flags.boolean({
    helpGroup: GUEST_GROUP,
    description: 'turn strict unmaps into flush-queue flushes (iommu.strict=0): one TLBI_NH_ASID for many unmaps',
  }),
  'guest-kernel': Flags.string({
    helpGroup: GUEST_GROUP,
    helpValue: 'VERSION',
    description:
      'Linux version (6.12) whose limit of single-page invalidations holds, with --guest-ril off and for what was recorded page by page [default: 6.12]',
  }),
  'time-scale': Flags.string({
    helpGroup: GUEST_GROUP,
    helpValue: 'FACTOR',
    description: 'stretch (2) or squeeze (0.5) all times of the trace',
  }),
  repeat: Flags.integer({
    helpGroup: GUEST_GROUP,
    helpValue: 'N',
    description: 'play the trace so many times in a row, with caches left warm',
    min: 1,
  }),
};

/** The transforms that the flags ask for, as options of the library. */
export function transformOptions(
  flags: Interfaces.InferredFlags<typeof transformFlags>,
): NonNullable<ReplayOptions['transforms']> {
  return {
    guestAts: flags['guest-ats'],
    guestRil: flags['guest-ril'],
    guestLazy: flags['guest-lazy'],
    guestKernel: flags['guest-kernel'],
    timeScale: flags['time-scale'],
    repeat: flags.repeat,
  };
}
