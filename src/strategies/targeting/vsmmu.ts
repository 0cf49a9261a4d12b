import type { TargetingDefinition } from './targeting.js';

/**
 * Every device of the vSMMU, whatever its domain: what QEMU did in 2023, when it knew no device behind a vSID (facts L
 * §0.1), nor which of them had ATS on. Left out are those of which the topology file says that they have no ATS. With
 * several VMs the named device's VM; with several SMMUs those behind its vSMMU (see routing/).
 */
export const vsmmu: TargetingDefinition = {
  name: 'vsmmu',
  summary: 'one ATC_INV to every device of the vSMMU that may have an ATC, whatever its domain',
  create(topology, routing) {
    const streams: number[] = [];
    return {
      targets(sid) {
        streams.length = 0;
        if (sid >= 0 && topology.isKnown(sid)) streams.push(sid);
        const smmus = sid < 0 ? topology.allSmmus : routing.vsmmuOf(sid);
        // What names no stream acts on nothing and is counted for one VM.
        const vm = Math.max(0, topology.vmOf(sid));
        const devices = topology.list();
        for (let i = 0; i < devices.length; i++) {
          const { sid: other, smmu, hasAts, isAtsDeclared } = devices[i];
          if (other === sid || (isAtsDeclared && !hasAts) || !topology.isKnown(other)) continue;
          if (topology.vmOf(other) === vm && (smmus >> smmu) & 1) streams.push(other);
        }
        if (streams.length === 0 && sid < 0) streams.push(-1);
        return streams;
      },
    };
  },
};
