/**
 * A trial: what a transport makes of one publication, with no machine, trace or time around it. The check of a user's own
 * strategy and `strategies show` both look at what comes out.
 */

import { type CommandWords, encodeCommand } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { type HostCommandReceiver, HostCommandSink } from '../host-commands.js';
import { Submission } from '../path/submission.js';
import type { PathTally } from '../path/tally.js';
import type { AtcTargeting } from '../targeting/targeting.js';
import type { Transport } from '../transport.js';

/** Counts what path verbs report, from zero. */
export class TrialTally implements PathTally {
  exits = 0;
  ioctls = 0;
  addedSyncs = 0;

  onExit(): void {
    this.exits++;
  }

  onIoctl(): void {
    this.ioctls++;
  }

  onAddedSync(): void {
    this.addedSyncs++;
  }

  onHostCommand(): void {}

  onHwptIoctl(): void {}
}

/** `count` TLBI_NH_VA of consecutive 4 KiB pages and one CMD_SYNC: the submission of the closed forms (facts M §4.3). */
export function unmapSubmission(count: number): CommandWords[] {
  const pages = Array.from({ length: count }, (_, i) => tlbi(0x1000 + i));
  return [...pages, encodeCommand(Opcode.SYNC)];
}

/** TLBI_NH_VA of one 4 KiB page. */
export function tlbi(page: number): CommandWords {
  return encodeCommand(Opcode.TLBI_NH_VA, { ASID: 1, ADDR: page, TG: 1, TTL: 3, LEAF: 1 });
}

/**
 * Forward `commands` as one publication.
 * @returns the submission, what the transport said about each command, and all that it sent: words and SID of each host command
 */
export function forwardAll(
  transport: Transport,
  targeting: AtcTargeting,
  commands: readonly CommandWords[],
): { readonly submission: Submission; readonly fates: readonly number[]; readonly hostWords: readonly number[] } {
  const submission = new Submission();
  const fates: number[] = [];
  const hostWords: number[] = [];
  let made: [opcode: number, sid: number][] = [];
  const receiver: HostCommandReceiver = {
    onHostCommand(c0Low, c0High, c1Low, c1High, sid) {
      made.push([c0Low & 0xff, sid]);
      hostWords.push(c0Low, c0High, c1Low, c1High, sid);
    },
  };
  const sink = new HostCommandSink(targeting, receiver);
  let previousOpcode = -1;
  for (const words of commands) {
    const opcode = words[0] & 0xff;
    made = [];
    fates.push(transport.forward(...words, sink, previousOpcode));
    submission.addGuest(opcode);
    for (const [hostOpcode, sid] of made) submission.addHost(hostOpcode, sid);
    if (opcode !== Opcode.SYNC) previousOpcode = opcode;
  }
  return { submission, fates, hostWords };
}
