import type { TargetingDefinition } from './targeting.js';

/** Every ATS stream of the domain, as the seed patch did (facts L §0.1, M §5.2 O7: D·k commands for k). */
export const broadcast: TargetingDefinition = {
  name: 'broadcast',
  summary: 'one ATC_INV to every ATS device of the domain',
  create: (topology) => ({ targets: (sid) => topology.atsStreamsOfDomain(sid) }),
};
