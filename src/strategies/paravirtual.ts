/**
 * Pieces shared by the paravirtual IOMMUs. Their guest has no command queue: it sends requests over a virtqueue, and what
 * an SMMUv3 guest says with TLBIs it says with UNMAP requests.
 *
 * The traces come from SMMUv3 guests. One with `unmap` events gives one UNMAP for each (see replay/unmap-requests.ts; then
 * `forwardAsUnmap` is not asked). Otherwise the requests are derived: one UNMAP per stage-1 TLBI. The result says which in
 * `replay.unmaps_derived_from`. A lazy guest's TLBI stands for many unmaps; such a trace flatters these strategies.
 * The host invalidates its own mapping of the range; the ASID and VMID of the guest's TLBI stand for the host's. It also
 * invalidates the ATCs of the domain by itself: what the guest's ATC_INVs asked for is done by then. There is no request for
 * anything else (CFGI_*, PREFETCH, ATC_INV, responses): it costs nothing, and a submission of nothing else takes 0 ns.
 */

import { Opcode } from '../trace/opcodes.js';
import { Fate } from './fate.js';
import type { HostCommandSink } from './host-commands.js';
import type { Submission } from './path/submission.js';

/** A TLBI becomes an UNMAP, hence the host's own TLBI and ATC_INVs; everything else ends here. */
export function forwardAsUnmap(
  c0Low: number,
  c0High: number,
  c1Low: number,
  c1High: number,
  sink: HostCommandSink,
): Fate {
  switch (c0Low & 0xff) {
    case Opcode.TLBI_NH_ALL:
    case Opcode.TLBI_NH_ASID:
    case Opcode.TLBI_NH_VA:
    case Opcode.TLBI_NH_VAA:
    case Opcode.TLBI_NSNH_ALL:
      sink.emitWithAtcs(c0Low, c0High, c1Low, c1High);
      return Fate.Forwarded;
    default:
      return Fate.Absorbed;
  }
}

/** True if the guest has anything to request. */
export function hasRequests(submission: Submission): boolean {
  return submission.hostCountTotal > 0;
}
