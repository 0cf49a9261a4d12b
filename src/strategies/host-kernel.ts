/**
 * The host kernel behind the vIOMMU ioctl: which kernel's rules hold, whether its SMMU has range invalidation, and what
 * becomes of a guest command that the VMM hands it (facts N26 §B1–B2, L §4.2, §5.2).
 *
 * Linux 7.3 is the newest kernel there is. k71 looks at opcodes and StreamIDs only. k73 checks every field (host-refusal.ts)
 * and still counts converted commands as done that were never sent. k74 was named before 7.3 was out: the same checks, and
 * whole blocks that are refused, as proposed for a later kernel (N26 §0.5).
 */
import { forwardNested } from './forwarding.js';
import { type HostChecks, type HostUapi, hasRangeFields } from './host-refusal.js';
import { forwardAsUnmap } from './paravirtual.js';
import { Fate, type OptionSpec, type Transport, type TransportSetup } from './transport.js';

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

/** `forward` of a path that hands what it can to `host`: spelt out, or as `forwardNested` says. What `host` refuses is a flaw. */
export function forwardToHost(host: HostKernel): Transport['forward'] {
  return (c0Low, c0High, c1Low, c1High, sink) => {
    if (host.expandsRanges && !sink.isSidUnknown && hasRangeFields(c0Low, c1Low)) {
      return sink.emitPages(c0Low, c0High, c1Low, c1High) ? Fate.Forwarded : Fate.Emulated;
    }
    return forwardNested(c0Low, c0High, c1Low, c1High, sink);
  };
}

/** The SMMU of `host` has range invalidation. */
export function knowsRanges(host: HostKernel): boolean {
  return !host.refusesRanges && !host.expandsRanges;
}

/** `forward` of a path that hands unmaps to the host, whose own driver does without ranges if it must. */
export function forwardUnmapToHost(host: HostKernel): Transport['forward'] {
  if (knowsRanges(host)) return forwardAsUnmap;
  return (c0Low, c0High, c1Low, c1High, sink) => {
    if (sink.isSidUnknown || !hasRangeFields(c0Low, c1Low)) return forwardAsUnmap(c0Low, c0High, c1Low, c1High, sink);
    return sink.emitPages(c0Low, c0High, c1Low, c1High, true) ? Fate.Forwarded : Fate.Emulated;
  };
}
