/**
 * Where `forward` puts host commands; ATC_INVs pass the targeting axis on their way.
 */
import { Opcode } from '../trace/opcodes.js';
import { EXTRA_CAUSE_ATC_BROADCAST } from './extra-causes.js';
import type { AtcTargeting } from './targeting/targeting.js';

/** Receives every host command, in order. */
export interface HostCommandReceiver {
  /** `extraCause` is -1 for the command itself, otherwise why it was added (see extra-causes.ts). `sid` is -1 but for ATC_INV. */
  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void;
}

/** Sink of one replay. */
export class HostCommandSink {
  constructor(
    private readonly targeting: AtcTargeting,
    private readonly receiver: HostCommandReceiver,
  ) {}

  /** Set per command: its SID is not known (the recorder kept only the opcode). */
  isSidUnknown = false;

  /** Emit one host command as it is; ATC_INV is sent to the streams that the targeting names. */
  emit(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    if ((c0Low & 0xff) !== Opcode.ATC_INV) {
      this.receiver.onHostCommand(c0Low, c0High, c1Low, c1High, -1, -1);
      return;
    }
    const targets = this.targeting.targets(this.isSidUnknown ? -1 : c0High >>> 0);
    // The named stream is the guest's command; every other one is the strategy's addition.
    for (let i = 0; i < targets.length; i++) {
      const sid = targets[i];
      const high = sid < 0 ? c0High : sid >>> 0;
      this.receiver.onHostCommand(c0Low, high, c1Low, c1High, sid, i === 0 ? -1 : EXTRA_CAUSE_ATC_BROADCAST);
    }
  }
}
