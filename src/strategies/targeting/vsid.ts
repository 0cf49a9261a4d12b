import type { TargetingDefinition } from './targeting.js';

/** The named device only: the host looks the vSID up and sends one ATC_INV (what was merged; facts L §5.2). */
export const vsid: TargetingDefinition = {
  name: 'vsid',
  summary: 'one ATC_INV to the device that the guest named',
  create() {
    const one = [0];
    return {
      targets(sid) {
        one[0] = sid;
        return one;
      },
    };
  },
};
