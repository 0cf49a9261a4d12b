/**
 * The caches without the command side: translations and commands go to the SMMU in the order of the trace, no time passes,
 * and one structure, the main TLB of the profile, is all there is.
 */
import { built } from './built.mjs';

const PROFILE = 'neoverse-mmu700';
const STRUCTURES = ['tlb.utlb', 'tlb.tcu', 'cache.config', 'cache.walk_s1', 'cache.walk_s2', 'cache.ipa', 'atc'];
const OFF = STRUCTURES.map((key) => `${key}.enable=off`);
/** A command as it is: not for another StreamID than its own. */
const OWN_SID = -1;

/**
 * Each call drives a fresh SMMU with all `batches` and returns the number of their events.
 * `set` overrides parameters of the profile (KEY=VALUE).
 */
export async function cachesAlone(batches, set = []) {
  const { Smmu } = await built('smmu/smmu.js');
  const { Stage } = await built('smmu/stage.js');
  const { EventKind } = await built('trace/events.js');
  const { loadProfile } = await built('profiles/load.js');
  const profile = loadProfile(PROFILE, [...OFF, ...set]);

  function drive(smmu, batch) {
    const { kind, sid, ssid, asid, vmid, iovaPage, pageSizeLog2, granuleLog2 } = batch;
    const { cmd0Low, cmd0High, cmd1Low, cmd1High } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma) {
        const page = iovaPage[row];
        smmu.translate(
          sid[row],
          ssid[row],
          asid[row],
          vmid[row],
          page,
          pageSizeLog2[row],
          granuleLog2[row],
          Stage.Default,
          false,
        );
      } else if (kind[row] === EventKind.Cmd) {
        smmu.execute(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row], OWN_SID);
      }
    }
  }

  return function replayCaches() {
    const smmu = new Smmu(profile, { causes: false, safety: false });
    let events = 0;
    for (const batch of batches) {
      drive(smmu, batch);
      events += batch.count;
    }
    return events;
  };
}
