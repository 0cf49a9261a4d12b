/** Commands that a reader may type next, with the options that made the results: only such as do what they say. */
import { DEFAULT_PROFILE, profileNames } from '../profiles/load.js';
import type { View } from './view.js';

/** A word that no shell and no parser of options takes for anything else. */
const PLAIN = /^(--)?[A-Za-z0-9][\w.:=,+-]*$/;

/**
 * `smmuscope COMMAND` on the trace of `view` with the model of its results, to be run in the folder of the trace.
 * @param command name and options of its own
 * @param warmup events; absent: as in the results
 * @returns undefined where the document does not have an option as it was given, or the command has no such option
 */
export function commandFor(view: View, command: string, warmup?: number): string | undefined {
  const [name, ...own] = command.split(' ');
  const { limit_events = null, profile } = view.provenance;
  const model = modelFlags(view, warmup);
  // Sensitivity has no options of the model beside the profile.
  if (!isRepeatable(view) || (name === 'sensitivity' && model.length > 0)) return undefined;
  const words = [
    ...[view.trace.file, ...own],
    ...(profile.name === DEFAULT_PROFILE ? [] : ['--profile', profile.name]),
    ...model,
    ...(limit_events === null ? [] : ['--limit', String(limit_events)]),
  ];
  return words.every((word) => PLAIN.test(word)) ? ['smmuscope', name, ...words].join(' ') : undefined;
}

/** Nothing decided the results whose value the document does not have as it was given. */
function isRepeatable({ provenance, trace, results }: View): boolean {
  const { faults, transforms, strategy_files: files } = provenance;
  const { migrate_at_ns, csv_map, ftrace_events, vms, background_per_s } = provenance;
  const isCrossed = results.some((one) => results.some((other) => one !== other && one.strategy === other.strategy));
  return (
    !isCrossed &&
    profileNames().includes(provenance.profile.name) &&
    [faults, transforms, files, trace.transforms].every((list) => (list ?? []).length === 0) &&
    [migrate_at_ns, csv_map, ftrace_events, vms, background_per_s].every((value) => value === undefined) &&
    [trace.join, trace.topology.sha256].every((value) => value === undefined)
  );
}

/** Options of the model that are not at their defaults. */
function modelFlags({ provenance }: View, warmup: number | undefined): string[] {
  const { pacing, dma, warmup_events = 0, msi = true, lenient = false, seed = 0, profile } = provenance;
  const events = warmup ?? warmup_events;
  return [
    ...Object.entries(profile.overrides ?? {}).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...(pacing === 'closed' ? [] : ['--pacing', pacing]),
    ...(dma === 'ordered' ? [] : ['--dma', dma]),
    ...(events === 0 ? [] : ['--warmup', String(events)]),
    ...(seed === 0 ? [] : ['--seed', String(seed)]),
    ...(msi ? [] : ['--no-msi']),
    ...(lenient ? ['--lenient'] : []),
  ];
}
