/**
 * `v1-patch`: the seed patch as posted. The PROD write traps to the VMM, which marshals each command into a struct (opcode,
 * range, granule, flags) and hands it over with one synchronous ioctl. What the kernel cannot make sense of it drops without
 * an error, and the guest takes it for done: the only strategy here with stale uses after SYNC.
 *
 * | per submission | count |
 * |---|---|
 * | exits | 1 PROD write + 1 CONS read per CMD_SYNC |
 * | ioctls | every command but CMD_SYNC and what the VMM itself emulates (CFGI_STE*, PREFETCH, responses): dropped ones too |
 * | host CMD_SYNCs | 1 per forwarded command, and 1 more per TLBI whose domain has ATS devices |
 * | CFGI_CDs, cause `cd-broadcast` | the other streams of the domain, after every CFGI_CD and CFGI_CD_ALL, under the same SYNC |
 * | ATC_INVs, cause `implicit-atc` | ATS devices of the domain, after every forwarded TLBI |
 *
 * Dropped: TLBI_NH_VA and NH_VAA with TG = 0 (the struct has a granule and a range; no granule is no valid one), with a range
 * on a host that refuses ranges (`host.ril=reject`), NSNH_ALL,
 * stage-2 and EL2/EL3 forms, undefined opcodes. A granule that the host does not offer is dropped too, but the facts do not
 * say which those are: here it offers 4, 16 and 64 KiB. CFGI_CD is issued with LEAF = 1 whatever the guest said.
 * Streams of one domain shared a CD table on kernels of its time, and the driver's CD invalidation visited all of them: recalled,
 * not read again (facts L §1.4 has the later form, per device). The domain is the ASID of their translations.
 * Sources: facts L §0.1 (v1 interface, broadcast, Murphy's TG = 0 and NSNH_ALL objections), design §5; TLBI before ATC_INV,
 * each with its own SYNC: L §1.4, §9.3. That a range goes on as one command and that CFGI_CD_ALL goes the way of CFGI_CD is an
 * estimate.
 */

import { tgOf } from '../../trace/command.js';
import { Opcode, opcodeClass } from '../../trace/opcodes.js';
import { emulate } from '../attach.js';
import { SILENT_ERRORS } from '../error-behaviour.js';
import { opcodeFlaw } from '../flaws.js';
import type { HostCommandSink } from '../host-commands.js';
import { type HostKernel, hostKernel } from '../host-kernel.js';
import { hasRangeFields } from '../host-refusal.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import { Fate, type Transport, type TransportDefinition } from '../transport.js';
import { issueInBlocks, nextSmmu } from '../trapped-queue.js';
import { noWorker } from './no-worker.js';

export const v1Patch: TransportDefinition = {
  name: 'v1-patch',
  summary: 'the seed patch: one ioctl per decoded command, ATC broadcast after every TLBI, silent drops',
  defaultAtc: 'broadcast',
  walkStage: 'nested',
  options: [],
  errors: () => SILENT_ERRORS,
  create: (setup) => ({
    ...noWorker,
    attachesStreams: true,
    needsDomains: true,
    queueCount: 1,
    flawOf: opcodeFlaw,
    forward: forwardDecoded(hostKernel(setup, 'k71')),
    submit(submission, path) {
      path.trapToVmm();
      for (let row = 0; row < submission.guestCount; row++) submitCommand(submission, row, path);
      path.returnToGuest();
      path.readConsTrapped(submission.syncCount);
    },
  }),
};

const forwardDecoded =
  (host: HostKernel): Transport['forward'] =>
  (c0Low, c0High, c1Low, c1High, sink) =>
    decode(c0Low, c0High, c1Low, c1High, sink, host);

function decode(
  c0Low: number,
  c0High: number,
  c1Low: number,
  c1High: number,
  sink: HostCommandSink,
  host: HostKernel,
): Fate {
  switch (c0Low & 0xff) {
    case Opcode.SYNC:
      return Fate.Absorbed;
    case Opcode.TLBI_NH_VA:
    case Opcode.TLBI_NH_VAA:
      // A granule that was not recorded gets the benefit of the doubt.
      if (tgOf(c1Low) === 0 && !sink.isSidUnknown) return swallow('tg0_dropped', sink);
      if (hasRangeFields(c0Low, c1Low) && !sink.isSidUnknown) {
        if (host.refusesRanges) return swallow('range_dropped', sink);
        if (host.expandsRanges) return forwardPages(c0Low, c0High, c1Low, c1High, sink);
      }
      sink.emitWithAtcs(c0Low, c0High, c1Low, c1High);
      sink.find('tlbi_broadcast_to_atcs');
      return Fate.Forwarded;
    case Opcode.TLBI_NH_ASID:
    case Opcode.TLBI_NH_ALL:
      sink.emitWithAtcs(c0Low, c0High, c1Low, c1High);
      sink.find('tlbi_broadcast_to_atcs');
      return Fate.Forwarded;
    case Opcode.CFGI_CD:
      sink.emitToDomain(c0Low, c0High, (c1Low | 1) >>> 0, c1High);
      if ((c1Low & 1) === 0) sink.find('cd_leaf_forced');
      return Fate.Forwarded;
    case Opcode.CFGI_CD_ALL:
      sink.emitToDomain(c0Low, c0High, c1Low, c1High);
      return Fate.Forwarded;
    case Opcode.ATC_INV:
      sink.emit(c0Low, c0High, c1Low, c1High);
      return Fate.Forwarded;
    case Opcode.TLBI_NSNH_ALL:
      return swallow('nsnh_all_dropped', sink);
    default:
      return isEmulated(c0Low & 0xff) ? Fate.Emulated : swallow('other_dropped', sink);
  }
}

/** A range on a host that spells it out, and the ATC_INVs of the range once. */
function forwardPages(c0Low: number, c0High: number, c1Low: number, c1High: number, sink: HostCommandSink): Fate {
  sink.find('tlbi_broadcast_to_atcs');
  return sink.emitPages(c0Low, c0High, c1Low, c1High, true) ? Fate.Forwarded : Fate.Emulated;
}

/** Dropped without a word, and counted as the finding `name`. */
function swallow(name: string, sink: HostCommandSink): Fate {
  sink.find(name);
  return Fate.Swallowed;
}

/** The VMM's own: stream table, prefetch hints, responses to faults. */
function isEmulated(opcode: number): boolean {
  const kind = opcodeClass(opcode);
  return kind === 'config' || kind === 'prefetch' || kind === 'response';
}

function submitCommand(submission: Submission, row: number, path: PathBuilder): void {
  const opcode = submission.guestOpcode[row];
  path.host(Cost.vmmPerCommand);
  if (opcode === Opcode.SYNC) return;
  const hostCount = submission.hostCount[row];
  if (hostCount === 0 && isEmulated(opcode)) {
    emulate(submission, row, path);
    return;
  }
  const first = submission.hostFirst[row];
  for (let smmu = nextSmmu(path, 0, first, hostCount); smmu >= 0; smmu = nextSmmu(path, smmu + 1, first, hostCount)) {
    const share = path.commandsFor(smmu, first, hostCount);
    path.ioctl(1, share);
    if (share === 0) continue;
    issueInBlocks(path, first, hostCount);
  }
}
