/**
 * Which part of the model reads a parameter that no path charges as a cost (strategies/path/costs.ts says which those are). A test
 * records what replays read, and by whom, and holds this list to it.
 */
import { CACHE_PARAMETERS, hasSlots } from './cache-parameters.js';

/** One part of the model, as `profiles show PROFILE KEY` names it, and the parameters that it reads. */
interface ModelPart {
  readonly name: string;
  readonly keys: readonly string[];
}

/** Pools of what is in flight, ports and links: they matter where translations take time beside each other. */
const isOfTimedTranslation = (key: string): boolean =>
  (key.endsWith('slots') && hasSlots(key)) ||
  /^(link\.|(tlb|atc|cache\.config).*(latency_ns|request_ns)$|(tlb\.\w+|cache\.config)\.enable$)/.test(key);
const cacheKeys = CACHE_PARAMETERS.map(({ key }) => key);

/** Every part. */
export const MODEL_PARTS: readonly ModelPart[] = [
  {
    name: 'the command engine',
    keys: ['smmu.arbitration', 'smmu.cmdq_log2', 'atc.silent_sid', 'atc.timeout_ns'],
  },
  { name: 'the driver’s wait for a CMD_SYNC', keys: ['software.sync_wait', 'software.cons_read_ns'] },
  { name: 'ATC invalidations', keys: ['atc.rtt_ns', 'atc.exec_per_request_ns', 'atc.max_outstanding'] },
  {
    name: 'translations: caches, walks, latencies',
    keys: ['smmu.mem_latency_ns', ...cacheKeys.filter((key) => !key.endsWith('slots'))],
  },
  { name: 'translations beside each other (--dma timed)', keys: cacheKeys.filter(isOfTimedTranslation) },
  { name: 'attaching a stream', keys: ['software.host_ste_writes'] },
  { name: 'errors: --fault, and those of the trace', keys: ['software.cmdq_poll_timeout_ns', 'atc.timeout_ns'] },
  { name: 'the oracle of recorded hits and misses', keys: ['oracle.recorded', 'tlb.main.entries'] },
];
