/** What the times of a recording are good for, as far as the document tells. */
import type { View } from './view.js';

/** Formats that only QEMU writes, while it runs the guest. */
const OF_QEMU = ['qemu-log', 'qemu-simple', 'qemu-vtd-log'];

/** A share of the simulated time means something: the guest's own time is in it, from a clock. */
export function hasGuestTime({ provenance, trace }: View): boolean {
  return provenance.pacing !== 'asap' && trace.reader.time_base !== 'order-only';
}

/** QEMU wrote lines while the guest ran, so that the guest's own time is longer than on hardware. */
export function isSlowedByTracing({ trace: { reader, join } }: View): boolean {
  return OF_QEMU.includes(reader.format) || (join !== undefined && OF_QEMU.includes(join.reader.format));
}

/** The recording lost something, or rows of it were skipped. */
export function isIncomplete({ trace: { reader, join } }: View): boolean {
  return [reader, join?.reader].some((one) => (one?.lossy ?? []).length > 0 || (one?.skipped_rows ?? 0) > 0);
}
