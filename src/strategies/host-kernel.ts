/**
 * The host kernel behind the vIOMMU ioctl: which kernel's rules hold, whether its SMMU has range invalidation, and what
 * becomes of a guest command that the VMM hands it (facts N26 §B1–B2, L §4.2, §5.2).
 *
 * Linux 7.3 is the newest kernel there is. k71 looks at opcodes and StreamIDs only. k73 checks every field (host-refusal.ts)
 * and still counts converted commands as done that were never sent. k74 was named before 7.3 was out: the same checks, and
 * whole blocks that are refused, as proposed for a later kernel (N26 §0.5).
 */
import { forwardNested } from './forwarding.js';
import type { HostCommandSink } from './host-commands.js';
import { type HostChecks, hasRangeFields, hostRefusal } from './host-refusal.js';
import { forwardAsUnmap } from './paravirtual.js';
import { Handling, type OptionSpec, type Transport, type TransportSetup } from './transport.js';

/** Kernels whose ioctl differs. */
export type HostUapi = 'k71' | 'k73' | 'k74';

/** The kernel where a path has no option to choose one. */
const DEFAULT_UAPI: HostUapi = 'k73';

/** The option `uapi` of a path whose VMM uses the ioctl. */
export const UAPI_OPTION: OptionSpec = {
  key: 'uapi',
  help: 'kernel whose ioctl rules hold: k71 checks opcodes only; k73 (Linux 7.3) every field; both count converted commands as done; k74 (proposed) refuses whole blocks',
  default: DEFAULT_UAPI,
  choices: ['k71', 'k73', 'k74'],
};

/** The kernel that a value of the option `uapi` names. */
export function uapiOf(value: string): HostUapi {
  return value === 'k71' || value === 'k74' ? value : DEFAULT_UAPI;
}

/** What a host does with the commands of a guest. */
export interface HostKernel extends HostChecks {
  /** It spells ranges out, because its SMMU has no range invalidation. */
  readonly expandsRanges: boolean;
}

/** The host that the profile and, where the path has one, its option `uapi` describe. */
export function hostKernel({ text }: TransportSetup, uapi = ''): HostKernel {
  const ranges = text('host.ril');
  return {
    checksFields: uapiOf(uapi) !== 'k71',
    refusesRanges: ranges === 'reject',
    expandsRanges: ranges === 'emulate',
  };
}

/** `forward` of a path that hands what it can to `host`: refused, spelt out, or as `forwardNested` says. */
export function forwardToHost(host: HostKernel): Transport['forward'] {
  return (c0Low, c0High, c1Low, c1High, sink) => {
    if (!sink.isSidUnknown) {
      const reason = hostRefusal(c0Low, c0High, c1Low, c1High, host);
      // What the ioctl does not take at all the VMM does not hand it.
      if (reason !== undefined && reason !== 'opcode') return Handling.Refused;
      if (host.expandsRanges && hasRangeFields(c0Low, c1Low)) {
        return sink.emitPages(c0Low, c0High, c1Low, c1High) ? Handling.Forwarded : Handling.Emulated;
      }
    }
    return forwardNested(c0Low, c0High, c1Low, c1High, sink);
  };
}

/**
 * For paths that write into queues of the SMMU itself: is this command one that the hardware does not know? Without range
 * invalidation (`host.ril`) range fields are reserved bits, here an illegal command: CERROR_ILL.
 */
export function hardwareRefusal(host: HostKernel): (c0Low: number, c1Low: number, sink: HostCommandSink) => boolean {
  const hasRanges = !host.refusesRanges && !host.expandsRanges;
  return (c0Low, c1Low, sink) => !hasRanges && !sink.isSidUnknown && hasRangeFields(c0Low, c1Low);
}

/** `forward` of a path that hands unmaps to the host, whose own driver does without ranges if it must. */
export function forwardUnmapToHost(host: HostKernel): Transport['forward'] {
  if (!host.refusesRanges && !host.expandsRanges) return forwardAsUnmap;
  return (c0Low, c0High, c1Low, c1High, sink) => {
    if (sink.isSidUnknown || !hasRangeFields(c0Low, c1Low)) return forwardAsUnmap(c0Low, c0High, c1Low, c1High, sink);
    return sink.emitPages(c0Low, c0High, c1Low, c1High, true) ? Handling.Forwarded : Handling.Emulated;
  };
}
