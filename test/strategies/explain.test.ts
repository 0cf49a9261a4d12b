/**
 * Strategies tier: does `strategies show` say what the replay does? The passage of one submission must come to the replayed
 * latency, stage by stage and to the nanosecond, for every strategy on every profile; and so must a walk that reads the
 * compiled programs with an engine of its own (test/support/path-walk.ts): the machine's twin.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { type LoadedProfile, loadProfile, profileNames } from '../../src/profiles/load.js';
import { STAGES } from '../../src/strategies/path/costs.js';
import { TRANSPORTS } from '../../src/strategies/registry.js';
import { resolveStrategies, targetingNames } from '../../src/strategies/spec.js';
import { setupOf } from '../../src/strategies/transport.js';
import { dryRun } from '../../src/strategies/user/dry-run.js';
import { forwardAll, unmapSubmission } from '../../src/strategies/user/trial.js';
import { Topology } from '../../src/topology/topology.js';
import { Sandbox } from '../support/cli.js';
import { PathWalk } from '../support/path-walk.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission } from '../support/trace-builder.js';

const EXAMPLES = ['docs/examples/deferred-ioctl.mjs', 'docs/examples/gathering-ring.mjs'];
/** Choices that need another option beside them. */
const TOGETHER: Readonly<Record<string, string>> = {
  'sw-vcmdq:doorbell=page': 'sw-vcmdq:doorbell=page:worker=poll',
  'sw-vcmdq:doorbell=trapped': 'sw-vcmdq:doorbell=trapped:worker=poll',
};
/** Every strategy as it is, with every choice of each of its options, and with every targeting. */
const SPECS = [
  ...EXAMPLES,
  ...TRANSPORTS.flatMap(({ name, options }) => [
    name,
    ...options
      .flatMap(({ key, default: standard, choices = [] }) =>
        choices.filter((choice) => choice !== standard).map((choice) => `${name}:${key}=${choice}`),
      )
      .map((spec) => TOGETHER[spec] ?? spec),
    ...targetingNames().map((targeting) => `${name}:atc=${targeting}`),
  ]),
];
const SIZES = [1, 8, 64];

/** Latency of n TLBIs and a SYNC as the twin has it, ns. */
function walked(spec: string, profile: LoadedProfile, commands: number): number {
  const [{ transport, options, targeting, routing }] = resolveStrategies([spec]);
  const made = transport.create(setupOf(options, profile));
  const topology = new Topology();
  const { submission } = forwardAll(
    made,
    targeting.create(topology, routing.create(topology)),
    unmapSubmission(commands),
  );
  return new PathWalk(made, submission, profile).clockNs;
}

async function expectReplayed(spec: string, profileName: string, set: readonly string[] = []): Promise<void> {
  const profile = loadProfile(profileName, set);
  const { sizes, steps } = explainStrategy(resolveStrategies([spec])[0], profile, SIZES);
  for (const [at, size] of sizes.entries()) {
    const run = await replayThrough(oneSubmission(size.commands), spec, { profile });
    const { latency, amplification } = run.result;
    expect(size.totalNs).toBe(onlyLatencyNs(run));
    expect(walked(spec, profile, size.commands)).toBe(size.totalNs);
    const byStage: Record<string, number> = Object.fromEntries(STAGES.map((stage) => [stage, 0]));
    for (const step of steps) byStage[step.stage] = (byStage[step.stage] ?? 0) + step.ns[at];
    expect(byStage).toEqual(latency.breakdown_total_ns);
    expect(size.estimateShare).toBeCloseTo(latency.estimate_share, 12);
    const { exits, ioctls, host_commands, added_syncs } = amplification;
    const { commands: _commands, totalNs: _total, estimateShare: _share, ...counts } = size;
    expect(counts).toEqual({ exits, ioctls, hostCommands: host_commands, addedSyncs: added_syncs });
  }
}

describe.each(profileNames())('on %s', (profileName) => {
  it.each(SPECS)('the steps of %s are those of its replay', (spec) => expectReplayed(spec, profileName));
});

describe('a step', () => {
  it.each(SPECS)('of %s is units of one parameter', (spec) => {
    const profile = loadProfile('neoverse-mmu700');
    for (const step of explainStrategy(resolveStrategies([spec])[0], profile, SIZES).steps) {
      expect(step.tag).toBeDefined();
      for (const [at, times] of step.times.entries()) {
        expect(Number.isInteger(times)).toBe(true);
        expect(times * step.eachNs).toBe(step.ns[at]);
      }
    }
  });

  it('may cost nothing', async () => {
    const set = ['smmu.mem_latency_ns=0', 'software.vmm_dispatch_ns=0', 'software.worker_wake_ns=0'];
    for (const spec of SPECS) await expectReplayed(spec, 'neoverse-mmu700', set);
  });

  it('that costs nothing is counted in units all the same', () => {
    const free = loadProfile('neoverse-mmu700', ['software.vmm_per_cmd_ns=0', 'smmu.exec_tlbi_ns=0']);
    const { steps } = explainStrategy(resolveStrategies(['ioctl'])[0], free, [8]);
    expect(
      steps.filter(({ eachNs }) => eachNs === 0).map(({ parameter, times, ns }) => [parameter, ...times, ...ns]),
    ).toEqual([
      ['software.vmm_per_cmd_ns', 9, 0],
      ['smmu.exec_tlbi_ns', 8, 0],
    ]);
  });

  it('is counted: ioctl at n=8 enters the kernel 8 times and traps twice', () => {
    const { steps } = explainStrategy(resolveStrategies(['ioctl'])[0], loadProfile('neoverse-mmu700'), [8]);
    const times = Object.fromEntries(steps.map((step) => [`${step.stage} ${step.parameter}`, step.times[0]]));
    expect(times).toMatchObject({
      'exit software.mmio_exit_user_ns': 1,
      'ioctl software.syscall_ioctl_ns': 8,
      'sync smmu.sync_complete_ns': 8,
      'fetch smmu.mem_latency_ns': 16,
      'cons_read software.mmio_exit_user_ns': 1,
    });
  });
});

describe('paths that no built-in strategy takes for TLBIs', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.remove());

  /** A strategy that forwards everything, `extra` too, in the guest's own queue. */
  const module = (name: string, extra: string, transport: string) =>
    sandbox.write(
      `${name}.mjs`,
      `export default ({ Fate, Opcode, Cost, command, guestIssueLists, noWorker }) => ({
        name: '${name}', summary: 'for a test', defaultAtc: 'vsid', walkStage: 's1', options: [],
        create: () => ({
          ...noWorker,
          queueCount: 1,
          forward(c0Low, c0High, c1Low, c1High, sink) {
            sink.emit(c0Low, c0High, c1Low, c1High);
            ${extra}
            return Fate.Forwarded;
          },
          ${transport}
        }),
      });`,
    );
  const submit = `submit(submission, path) {
    guestIssueLists(path, 0, submission, 0, submission.guestCount, submission.syncCount);
  }`;

  it('ATC invalidations behind each TLBI, to two devices, are waited for as in the replay', async () => {
    const atc = 'sink.emit(...command.encodeCommand(Opcode.ATC_INV, { SID: 8 + (c1Low >>> 12) % 2, ADDR: 1 }));';
    const file = module('with-atc', `if ((c0Low & 0xff) === Opcode.TLBI_NH_VA) ${atc}`, submit);
    for (const set of [[], ['atc.max_outstanding=2'], ['atc.silent_sid=8']]) {
      await expectReplayed(file, 'neoverse-mmu700', set);
    }
  });

  it('a queue that halts and is started again takes as long as in the replay', async () => {
    const file = module(
      'halting',
      '',
      `workerCount: 1,
      isWorkerPolling: false,
      submit(submission, path) {
        path.guest(Cost.doorbell);
        if (submission.syncCount === 0) { if (submission.hostCountTotal > 0) path.guestIssue(0, 0, submission.hostCountTotal, 0); return; }
        path.signalWorker(0);
        path.awaitWorker();
      },
      wakeWorker() {},
      drain(rows, path) {
        path.issueUntilHalt(0, 0, 1);
        path.restartQueue(0);
        if (rows.hostCountTotal > 1) {
          path.resumeIssue(0, 1, rows.hostCountTotal - 1, true);
        }
        path.complete(rows.guestCount);
      },`,
    );
    await expectReplayed(file, 'neoverse-mmu700');
  });
});

describe('the dry run', () => {
  it.each(SPECS)('finds nothing wrong with %s', (spec) => {
    const { transport, options } = resolveStrategies([spec])[0];
    const profile = loadProfile('neoverse-mmu700');
    const made = transport.create(setupOf(options, profile));
    expect(dryRun(made, 1).faults).toEqual([]);
  });
});
