/** Why the host sent a command that the guest did not: keys of `amplification.extra_by_cause` (design §8). */
export const EXTRA_CAUSES = [
  'range-expansion',
  'atc-broadcast',
  'instance-broadcast',
  'added-sync',
  'implicit-atc',
  'widened',
  'attach',
  'cd-broadcast',
  'unmap-request',
] as const;

/** Index of `range-expansion`: a further page of a range, where the host has no range invalidation. */
export const EXTRA_CAUSE_RANGE_EXPANSION = EXTRA_CAUSES.indexOf('range-expansion');
/** Index of `widened`: a command for the whole context in place of a range that has too many pages for that. */
export const EXTRA_CAUSE_WIDENED = EXTRA_CAUSES.indexOf('widened');
/** Index of `atc-broadcast`. */
export const EXTRA_CAUSE_ATC_BROADCAST = EXTRA_CAUSES.indexOf('atc-broadcast');
/** Index of `implicit-atc`. */
export const EXTRA_CAUSE_IMPLICIT_ATC = EXTRA_CAUSES.indexOf('implicit-atc');
/** Index of `added-sync`. */
export const EXTRA_CAUSE_ADDED_SYNC = EXTRA_CAUSES.indexOf('added-sync');
/** Index of `instance-broadcast`. */
export const EXTRA_CAUSE_INSTANCE_BROADCAST = EXTRA_CAUSES.indexOf('instance-broadcast');
/** Index of `attach`: the host's own driver attaches a stream to a new configuration. */
export const EXTRA_CAUSE_ATTACH = EXTRA_CAUSES.indexOf('attach');
/** Index of `cd-broadcast`: a CFGI_CD for another stream that uses the same CD table. */
export const EXTRA_CAUSE_CD_BROADCAST = EXTRA_CAUSES.indexOf('cd-broadcast');
/** Index of `unmap-request`: a paravirtual guest asked to unmap a range; it sent no command. */
export const EXTRA_CAUSE_UNMAP_REQUEST = EXTRA_CAUSES.indexOf('unmap-request');
