/**
 * Strategies tier: times that a strategy says itself, and a worker that gathers: whose CPU, which stage, and how long does each
 * submission wait for the window, whether the worker was idle or busy?
 */
import { describe, expect, it } from 'vitest';
import { strategyDocument } from '../../src/cli/listings.js';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { loadProfile } from '../../src/profiles/load.js';
import { renderStrategy } from '../../src/reporters/table/strategy.js';
import { costTable } from '../../src/strategies/path/costs.js';
import { PathBuilder } from '../../src/strategies/path/path-builder.js';
import { Program } from '../../src/strategies/path/program.js';
import { Submission } from '../../src/strategies/path/submission.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { TrialTally } from '../../src/strategies/user/trial.js';
import { replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const RING = 'docs/examples/gathering-ring.mjs';
const WINDOW = 2000;
const profile = loadProfile('neoverse-mmu700');
const WAKE = profile.number('software.worker_wake_ns');
/** PROD write → signal of the worker: two entries posted, an exit to the kernel. */
const POSTED = 2 * 40 + profile.number('software.mmio_exit_kernel_ns');

describe('a time of the strategy itself', () => {
  it('is a stage of its name, summed like any other, on the CPU of whoever runs', async () => {
    const { result } = await replayThrough(oneSubmission(1), RING);
    const { breakdown_total_ns: stages, operation } = result.latency;
    expect(stages).toMatchObject({ ring_post: 80, gather: WINDOW, ring_take: 50 });
    expect(Object.values(stages).reduce((sum, ns) => sum + ns, 0)).toBe(operation.max_ns);
    // Of the vCPU's time only the exit is the host's; the worker sleeps until it is woken.
    expect(result.host.cpu_ns.vcpu).toBe(POSTED - 80);
    expect(result.host.cpu_ns.worker).toBe(operation.max_ns - POSTED - WAKE);
  });

  it('is the host’s between a trap and the return from it', () => {
    const path = new PathBuilder(costTable(profile), new TrialTally());
    const program = new Program();
    path.begin(program, true, new Submission());
    path.spend(1, 'own');
    path.trapToVmm();
    path.spend(2, 'own');
    path.returnToGuest();
    path.spend(3, 'own');
    const own = Array.from({ length: program.length }, (_, step) => [
      program.a(step),
      program.c(step),
      program.b(step),
    ]);
    const cost = own[0][2];
    expect(own.filter((step) => step[2] === cost).map(([ns, cpu]) => [ns, cpu])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
  });

  it('has the tag U, and no share in the estimates', () => {
    const { steps } = explainStrategy(resolveStrategies([RING])[0], profile, [1, 64]);
    const own = steps.filter(({ stage }) => stage.startsWith('ring_') || stage === 'gather');
    expect(own.map(({ stage, tag, eachNs, times }) => [stage, tag, eachNs, ...times])).toEqual([
      ['ring_post', 'U', 40, 2, 65],
      ['gather', 'U', WINDOW, 1, 1],
      ['ring_take', 'U', 25, 2, 65],
    ]);
  });
});

describe('that the numbers are the strategy’s own', () => {
  it('is a caveat of the result, with its part of the time', async () => {
    const { result } = await replayThrough(oneSubmission(1), RING);
    const share = (100 * (2 * 40 + WINDOW + 2 * 25)) / result.latency.operation.max_ns;
    const [{ about, text }, ...others] = result.caveats;
    expect([about, others]).toEqual(['own-times', []]);
    expect(text).toMatch(new RegExp(`^${share.toFixed(1)}% of the time is what the strategy says itself`));
    expect((await replayThrough(oneSubmission(1), 'sw-vcmdq')).result.caveats).toEqual([]);
  });

  it('is said below the stages', () => {
    const text = renderStrategy(strategyDocument(RING, 'neoverse-mmu700', []), {
      width: 200,
      unicode: false,
      colour: false,
    });
    expect(text).toMatch(/n=1: .*43\.5% of the time estimated, 43\.8% said by the strategy itself\n/);
    const builtIn = strategyDocument('sw-vcmdq', 'neoverse-mmu700', []);
    expect(renderStrategy(builtIn, { width: 200, unicode: false, colour: false })).not.toContain('itself');
  });
});

describe('the window of a worker', () => {
  /** The stages of a second vCPU's submission, published `atNs` after the first one's, and how the worker fared. */
  async function second(atNs: number) {
    const trace = new TraceBuilder().vcpu(0).tlbis(1).sync().doorbell();
    trace.at(atNs).vcpu(1).tlbis(1).sync().doorbell();
    const { result } = await replayThrough(trace, RING, { pacing: 'recorded' });
    const one = result.slowest_operations!.find(({ vcpu }) => vcpu === 1)!;
    const sum = Object.values(one.breakdown_ns).reduce((total, ns) => total + ns, 0);
    expect(sum).toBe(one.latency_ns);
    const { wake_up = 0, queue_wait = 0, gather = 0 } = one.breakdown_ns;
    const [{ drains, absorbed }] = result.host.workers as { drains: number; absorbed: number }[];
    return { wake_up, queue_wait, gather, drains, absorbed };
  }
  const awake = POSTED + WAKE;

  it('holds what comes while the worker wakes up', async () => {
    expect(await second(1000)).toEqual({
      ...{ wake_up: WAKE - 1000, queue_wait: 0, gather: WINDOW },
      ...{ drains: 1, absorbed: 1 },
    });
  });

  it('holds what comes within it for the rest of it', async () => {
    const signalNs = awake + 700;
    expect(await second(signalNs - POSTED)).toEqual({
      ...{ wake_up: 0, queue_wait: 0, gather: WINDOW - 700 },
      ...{ drains: 1, absorbed: 1 },
    });
  });

  it('opens anew behind a drain for what came during the drain', async () => {
    const [{ totalNs }] = explainStrategy(resolveStrategies([RING])[0], profile, [1]).sizes;
    const signalNs = totalNs - 100;
    expect(await second(signalNs - POSTED)).toEqual({
      ...{ wake_up: 0, queue_wait: 100, gather: WINDOW },
      ...{ drains: 2, absorbed: 1 },
    });
  });
});
