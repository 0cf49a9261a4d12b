/** What a topology file says of the guest, as transforms of its trace. */

import type { TopologyFile } from '../../topology/schema.js';
import { UsageError } from '../../trace/errors.js';
import { ERAS, eraOfKernel } from '../driver/eras.js';
import type { TransformOptions } from './transform.js';

/**
 * `options` with the facts about the guest where they say nothing: its range invalidation, and its kernel where ranges are
 * encoded anew (a fact alone rewrites nothing that the recording has).
 * @param file name of the topology file
 * @throws UsageError for a kernel that is none
 */
export function withGuestFacts(
  options: TransformOptions,
  guest: TopologyFile['guest'],
  file: string,
): TransformOptions {
  if (guest === undefined) return options;
  const { kernel, ril } = guest;
  const era = kernel === undefined ? undefined : eraOfKernel(kernel);
  if (kernel !== undefined && era === undefined) {
    const eras = ERAS.map((rules) => rules.era).join(', ');
    throw new UsageError(
      `${file}: guest.kernel: expected a Linux version such as 6.12 or an era (${eras}), found ${JSON.stringify(kernel)}`,
    );
  }
  const guestRil = options.guestRil ?? (ril === undefined ? undefined : ril ? 'on' : 'off');
  const guestKernel = options.guestKernel ?? (guestRil === undefined ? undefined : era);
  return { ...options, guestRil, guestKernel };
}
