/** The links to all devices that have been sent an ATC invalidation. */
import type { LoadedProfile } from '../../profiles/load.js';
import type { Simulator } from '../sim/simulator.js';
import { AtcLink } from './atc-link.js';

/** ATC links by StreamID. */
export class AtcLinks {
  private readonly links = new Map<number, AtcLink>();

  constructor(
    private readonly simulator: Simulator,
    private readonly profile: LoadedProfile,
    /** Told when a device has dropped what the request behind a reference names. */
    private readonly onDropped: (ref: number) => void,
  ) {}

  /** The link to the device of `sid`. */
  of(sid: number): AtcLink {
    let link = this.links.get(sid);
    if (link === undefined) {
      const { profile } = this;
      const execNs = profile.number('atc.exec_per_request_ns');
      const outstanding = profile.number('atc.max_outstanding');
      link = new AtcLink(this.simulator, this.onDropped, profile.number('atc.rtt_ns'), execNs, outstanding);
      this.links.set(sid, link);
    }
    return link;
  }
}
