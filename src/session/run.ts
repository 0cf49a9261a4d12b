/**
 * The tool's main job: traces × strategies → result document. Each trace is decoded once and fed to all strategies in step.
 */

import type { MrcResult } from '../analysis/mrc/document.js';
import { requireSingleTrace } from '../formats/open-recording.js';
import { withGuestFacts } from '../guest/transforms/guest-facts.js';
import { transformSettings } from '../guest/transforms/registry.js';
import { loadProfile } from '../profiles/load.js';
import { parseFaults } from '../replay/faults/fault.js';
import { RESULT_SCHEMA, type ResultDocument, type StrategyResult } from '../results/document.js';
import { pathsOf } from '../strategies/migration.js';
import { strategyFilesOf } from '../strategies/user/strategy-files.js';
import { type DeclaredTopology, loadTopology } from '../topology/load.js';
import { UsageError } from '../trace/errors.js';
import { resolveChoices } from './choices.js';
import { checkAtcSizes } from './declared-topology.js';
import type { RunHooks, RunOptions } from './run-options.js';
import { runTrace } from './run-trace.js';
import { toolIdentity } from './tool-identity.js';
import { parametersSha256, readingProvenance } from './trace-provenance.js';

export type { RunHooks, RunOptions } from './run-options.js';

/** Replay every trace through every strategy. */
export async function runReplays(
  traces: readonly string[],
  given: RunOptions,
  hooks: RunHooks = {},
): Promise<ResultDocument> {
  requireSingleTrace(traces, given.with);
  const declared = given.topology === undefined ? undefined : loadTopology(given.topology);
  const transforms = withGuestFacts(given.transforms ?? {}, declared?.guest, declared?.file ?? '');
  const options: RunOptions = { ...given, transforms };
  const profile = loadProfile(options.profile, options.set);
  const choices = resolveChoices(options);
  if (hooks.timeline !== undefined && traces.length * choices.length !== 1) {
    throw new UsageError(`--perfetto: expected one trace, strategy and --atc, found ${traces.length * choices.length}`);
  }
  const modules = choices.flatMap(pathsOf).flatMap(({ module }) => module ?? []);
  const faults = parseFaults(options.faults ?? []);
  if (declared !== undefined) checkAtcSizes(declared, profile);
  if (faults.length > 0) checkFaultScope(options, declared);
  if (options.curves === true && (options.vms ?? 1) > 1) {
    throw new UsageError(`--mrc: expected it without --vms, found --vms ${options.vms}`);
  }
  const results: StrategyResult[] = [];
  const curves: MrcResult[] = [];
  const provenance: ResultDocument['provenance']['traces'][number][] = [];
  const shares = { totalNs: 0, estimatedNs: 0 };
  for (const path of traces) {
    const run = await runTrace(path, choices, profile, declared, faults, options, hooks);
    results.push(...run.results);
    if (run.curve !== undefined) curves.push(run.curve);
    provenance.push(run.provenance);
    shares.totalNs += run.shares.totalNs;
    shares.estimatedNs += run.shares.estimatedNs;
  }
  return {
    schema: RESULT_SCHEMA,
    provenance: {
      tool: toolIdentity(),
      traces: provenance,
      profile: {
        name: profile.name,
        title: profile.title,
        parameters_sha256: parametersSha256(profile),
        overrides: Object.fromEntries(
          profile.parameters.filter((parameter) => parameter.overridden).map(({ key, value }) => [key, value]),
        ),
        estimate_share: shares.totalNs === 0 ? 0 : shares.estimatedNs / shares.totalNs,
      },
      transforms: transformSettings(transforms),
      ...(options.migrate === undefined ? {} : { migrate_at_ns: options.migrate.atNs }),
      pacing: options.pacing,
      dma: options.dma,
      warmup_events: options.warmup,
      limit_events: options.limit ?? null,
      seed: options.seed,
      msi: options.msi,
      ...(options.vms === undefined || options.vms === 1
        ? {}
        : { vms: options.vms, vm_shift_ns: options.vmShiftNs ?? 0 }),
      ...(options.backgroundPerS === undefined || options.backgroundPerS === 0
        ? {}
        : { background_per_s: options.backgroundPerS }),
      ...readingProvenance(options),
      ...(faults.length === 0 ? {} : { faults: faults.map(({ spec }) => spec) }),
      ...(modules.length === 0 ? {} : { strategy_files: strategyFilesOf(modules) }),
    },
    results,
    ...(curves.length === 0 ? {} : { miss_ratio_curves: curves }),
  };
}

/** @throws UsageError for what faults cannot be combined with */
function checkFaultScope({ vms = 1, migrate }: RunOptions, declared: DeclaredTopology | undefined): void {
  const other = vms > 1 ? '--vms' : migrate !== undefined ? '--migrate-at' : undefined;
  if (other !== undefined) throw new UsageError(`--fault: expected it without ${other}, found both`);
  const smmus = declared?.smmus?.length ?? 1;
  if (smmus > 1) throw new UsageError(`--fault: expected one SMMU in the topology file, found ${smmus}`);
}
