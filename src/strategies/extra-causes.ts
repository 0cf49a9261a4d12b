/** Why the host sent a command that the guest did not: keys of `amplification.extra_by_cause` (design §8). */
export const EXTRA_CAUSES = [
  'range-expansion',
  'atc-broadcast',
  'instance-broadcast',
  'added-sync',
  'implicit-atc',
  'widened',
  'recovery',
] as const;

/** Index of `atc-broadcast`. */
export const EXTRA_CAUSE_ATC_BROADCAST = EXTRA_CAUSES.indexOf('atc-broadcast');
/** Index of `implicit-atc`. */
export const EXTRA_CAUSE_IMPLICIT_ATC = EXTRA_CAUSES.indexOf('implicit-atc');
/** Index of `added-sync`. */
export const EXTRA_CAUSE_ADDED_SYNC = EXTRA_CAUSES.indexOf('added-sync');
/** Index of `instance-broadcast`. */
export const EXTRA_CAUSE_INSTANCE_BROADCAST = EXTRA_CAUSES.indexOf('instance-broadcast');
