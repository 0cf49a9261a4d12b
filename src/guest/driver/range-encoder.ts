/**
 * Range invalidation (RIL) as Linux encodes it: arm_smmu_cmdq_batch_add_range.
 *
 * Each command takes the next five significant bits of the page count, lowest first; the start's alignment plays no part.
 * With range invalidation no finite size ever becomes an ASID-wide command. Source: facts L §2.2, M §5.2 O10.
 */
import { tgOfGranuleLog2 } from '../../trace/units.js';
import { type AddressTlbi, type InvalidationRequest, pagesPerUnit, wholeUnits } from './tlbi.js';

/** NUM counts from one and has five bits. */
const UNITS_PER_STEP = 32;
/** SCALE has five bits. */
const MAX_SCALE = 31;

/**
 * The commands that invalidate `request` on a domain whose smallest page is 2^tgLog2 bytes (12, 14 or 16).
 *
 * A leaf request names its level in TTL. A non-leaf one does not (TTL = 0), and because NUM = SCALE = TTL = 0 is reserved
 * it grows by one page when the count's low five bits are exactly 1: that page is invalidated without need.
 * @throws RangeError for an empty, unaligned or fractional request, or one too long for SCALE
 */
export function encodeRange(request: InvalidationRequest, tgLog2: number): AddressTlbi[] {
  const tg = tgOfGranuleLog2(tgLog2);
  if (tg === 0) throw new RangeError(`no translation granule is of 2^${tgLog2} bytes`);
  const { leaf } = request;
  let pages = wholeUnits(request, tgLog2);
  if (pages === 0) throw new RangeError('an empty range: size 0 means ASID-wide and is not encoded here');
  const ttl = leaf ? 4 - Math.floor((request.granuleLog2 - 3) / (tgLog2 - 3)) : 0;
  if (!leaf && pages % UNITS_PER_STEP === 1) pages++;
  const commands: AddressTlbi[] = [];
  let { page } = request;
  while (pages > 0) {
    const scale = trailingZeros(pages);
    if (scale > MAX_SCALE) throw new RangeError(`a range of 2^${scale} granules does not fit in SCALE`);
    const chunk = (pages / 2 ** scale) % UNITS_PER_STEP;
    commands.push({ num: chunk - 1, scale, tg, ttl, leaf, page });
    page += chunk * 2 ** scale * pagesPerUnit(tgLog2);
    pages -= chunk * 2 ** scale;
  }
  return commands;
}

/** Number of zero bits below the lowest one bit of `value` > 0. */
function trailingZeros(value: number): number {
  let count = 0;
  let rest = value;
  while (rest % 2 === 0) {
    rest /= 2;
    count++;
  }
  return count;
}
