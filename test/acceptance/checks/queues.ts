/** C2, C3, O30, O35: many producers at the command queues and their one consumer. */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/profiles/load.js';
import { strategyNames } from '../../../src/strategies/registry.js';
import { OPCODES, type OpcodeName, opcodeClass } from '../../../src/trace/opcodes.js';
import { percent, type VerdictTable } from '../verdicts.js';
import { perOperationNs, runStorm, type Storm } from '../workloads.js';

/** N2: CPUs → µs per map and unmap, v5.9-rc1, strict, one queue. */
const CONTENTION: readonly (readonly [cpus: number, us: number])[] = [
  [2, 2.2],
  [4, 2.4],
  [8, 3.4],
  [16, 6.4],
  [32, 29.8],
  [64, 105],
  [96, 192],
];

/** What C2 fits: think time (map and unmap themselves), TLBI execution, compare-and-swap retry. */
interface Fit {
  readonly thinkNs: number;
  readonly execNs: number;
  readonly retryNs: number;
}

async function operationUs(cpus: number, { thinkNs, execNs, retryNs }: Fit): Promise<number> {
  const storm: Storm = { vcpus: cpus, rounds: 60, thinkNs };
  const set = [`smmu.exec_tlbi_ns=${execNs}`, `software.cmpxchg_retry_ns=${retryNs}`];
  return perOperationNs(storm, await runStorm(storm, 'native', { set })) / 1000;
}

/** Integer in `from … to` at which the increasing `f` comes closest to `target` from below; `to` if it stays below. */
async function fitInteger(
  from: number,
  to: number,
  target: number,
  f: (value: number) => Promise<number>,
): Promise<number> {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await f(middle)) <= target) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** N2 by the model: think time from 2 CPUs, engine from 16, retry from 64; twice, because they share some of the time. */
async function fitContention(): Promise<Fit & { isRetryLive: boolean }> {
  let fit: Fit = { thinkNs: 1800, execNs: 40, retryNs: 0 };
  const none = await operationUs(64, fit);
  const isRetryLive = (await operationUs(64, { ...fit, retryNs: 200 })) > none * 1.05;
  for (let pass = 0; pass < 2; pass++) {
    const before = fit;
    const execNs = await fitInteger(0, 500, 6.4, (value) => operationUs(16, { ...before, execNs: value }));
    const thinkNs = await fitInteger(0, 3000, 2.2, (value) => operationUs(2, { ...before, execNs, thinkNs: value }));
    // A term without effect has no best value; it is left at 0.
    const retryNs = isRetryLive
      ? await fitInteger(0, 200, 105, (value) => operationUs(64, { execNs, thinkNs, retryNs: value }))
      : 0;
    fit = { thinkNs, execNs, retryNs };
  }
  return { ...fit, isRetryLive };
}

export function checkQueues(table: VerdictTable): void {
  describe('C2: the contention curve of a single queue', () => {
    it('fits three rows and predicts the others', async () => {
      const fit = await fitContention();
      const fittedOn = new Set(fit.isRetryLive ? [2, 16, 64] : [2, 16]);
      const predicted: { cpus: number; us: number; error: number }[] = [];
      for (const [cpus, us] of CONTENTION) {
        const got = await operationUs(cpus, fit);
        const error = got / us - 1;
        predicted.push({ cpus, us: got, error });
        const missed = Math.abs(error) > 0.3 ? 'not reproduced' : 'held';
        table.add(
          `C2 ${cpus} CPUs`,
          `${us} µs per op (N2)`,
          `${got.toFixed(1)} µs (${percent(error)})`,
          fittedOn.has(cpus) ? 'fitted' : missed,
        );
      }
      const aggregate = predicted.map(({ cpus, us }) => cpus / us);
      const peak = Math.max(...aggregate);
      const fall = peak / aggregate[aggregate.length - 1];
      table.add(
        'C2 fall from the peak to 96 CPUs',
        'factor 5 (N2)',
        `factor ${fall.toFixed(1)}; think ${fit.thinkNs} ns, exec ${fit.execNs} ns, retry ${fit.isRetryLive ? `${fit.retryNs} ns` : 'has no effect'}`,
        fall >= 3 ? 'held' : 'not reproduced',
      );
      // What holds by construction: the serial engine bounds the aggregate, and no CPU gains from another one.
      const serviceNs = 2 * loadProfile('neoverse-mmu700').number('smmu.mem_latency_ns') + fit.execNs;
      for (const rate of aggregate) expect(rate).toBeLessThanOrEqual((1000 / serviceNs) * 1.01);
      for (let i = 1; i < predicted.length; i++) {
        expect(predicted[i].us).toBeGreaterThanOrEqual(predicted[i - 1].us * 0.999);
      }
      expect(Math.abs(predicted[0].error)).toBeLessThan(0.01);
      expect(Math.abs(predicted[1].error)).toBeLessThan(0.3);
      if (fit.isRetryLive) expect(fall).toBeGreaterThan(2);
      else expect(fall).toBeLessThan(1.01);
    });
  });

  describe('C3: several queues against one', () => {
    /** Latency and rate of eight hardware queues as fractions of one queue's, minus one. */
    async function gain(vcpus: number, thinkNs: number): Promise<{ time: number; rate: number }> {
      const storm: Storm = { vcpus, rounds: 100, thinkNs };
      const run = async (queues: number) =>
        (await runStorm(storm, `hw-vcmdq:lvcmdqs=${queues}`, { profile: 'grace-cmdqv' })).result;
      const [one, eight] = [await run(1), await run(8)];
      return {
        time: eight.latency.operation.mean_ns / one.latency.operation.mean_ns - 1,
        rate: eight.throughput.submissions_per_s / one.throughput.submissions_per_s - 1,
      };
    }

    it.each([
      ['8 vCPUs, think 4 µs', 8, 4000],
      ['8 vCPUs, no think time', 8, 0],
    ] as const)('%s: at most 20 %% less time', async (name, vcpus, thinkNs) => {
      const { time, rate } = await gain(vcpus, thinkNs);
      const isInBand = time >= -0.2 && time <= 0.005;
      table.add(
        `C3 8 queues for 1, ${name}`,
        'time −20 … 0 % (N1)',
        `time ${percent(time, 1)}, rate ${percent(rate, 1)}`,
        isInBand ? 'held' : 'not reproduced',
      );
      expect(time).toBeLessThanOrEqual(0.005);
    });

    it('80 vCPUs: the collapse of one queue (N2) and a gain of 2–5 % (N5) exclude each other', async () => {
      const { time, rate } = await gain(80, 0);
      table.add(
        'C3 8 queues for 1, 80 vCPUs',
        'rate +2.4 … +4.6 % (N5)',
        `time ${percent(time, 1)}, rate ${percent(rate, 1)}`,
        'not reproduced',
      );
      // What the reservation word does to one queue (C2) is what eight words save: the model sides with N2.
      expect(rate).toBeGreaterThan(1);
    });
  });

  describe('O30: the serial ceiling', () => {
    it.each(['neoverse-mmu700', 'grace-cmdqv', 'a72-mmu600'])('%s: no strategy exceeds it', async (profile) => {
      const loaded = loadProfile(profile);
      const ceiling = 1e9 / (loaded.number('smmu.mem_latency_ns') + loaded.number('smmu.exec_tlbi_ns'));
      let best = { name: '', rate: 0 };
      for (const name of strategyNames()) {
        const { result } = await runStorm({ vcpus: 8, rounds: 10, thinkNs: 0, commands: 63 }, name, {
          profile,
          pacing: 'asap',
        });
        const tlbis = Object.entries(result.amplification.host_by_opcode)
          .filter(([key]) => opcodeClass(OPCODES[key as OpcodeName] ?? 0xff) === 'tlbi')
          .reduce((sum, [, count]) => sum + count, 0);
        const rate = (tlbis / result.throughput.duration_ns) * 1e9;
        expect(rate, name).toBeLessThanOrEqual(ceiling);
        if (rate > best.rate) best = { name, rate };
      }
      const million = (rate: number) => (rate / 1e6).toFixed(2);
      table.add(
        `O30 ${profile}`,
        `≤ ${million(ceiling)} M/s`,
        `fastest is ${best.name}: ${million(best.rate)} M/s`,
        'held',
      );
      expect(best.rate).toBeGreaterThan(0.9 * ceiling);
    });
  });

  describe('O35: the knee of a closed system', () => {
    it('without a retry cost follows min(K/(Z+R), 1/S) from both sides', async () => {
      const thinkNs = 1000;
      const serviceNs = 83 + 40 + 83;
      const aloneNs = 417;
      const knee = (thinkNs + aloneNs) / serviceNs;
      const got: string[] = [];
      for (const vcpus of [1, 2, 4, 8, 16, 32, 64]) {
        const storm: Storm = { vcpus, rounds: 400, thinkNs };
        const run = await runStorm(storm, 'native', { set: ['software.cmpxchg_retry_ns=0'] });
        // A run lasts from the first publication to the last completion: one think time short of whole cycles.
        const perNs = (vcpus * storm.rounds) / (run.result.throughput.duration_ns + thinkNs);
        const bound = Math.min(vcpus / (thinkNs + aloneNs), 1 / serviceNs);
        expect(perNs).toBeLessThanOrEqual(bound * (1 + 1e-9));
        if (vcpus < knee / 2 || vcpus > knee * 2) expect(perNs).toBeGreaterThanOrEqual(bound * 0.99);
        got.push(`${vcpus}: ${(perNs / bound).toFixed(3)}`);
      }
      table.add(`O35 knee at ${knee.toFixed(1)} vCPUs`, 'rate / bound ≤ 1', got.join(', '), 'held');
    });
  });
}
