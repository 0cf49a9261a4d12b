/** Which trace of an earlier result is which of this one. */

/** As much of a trace as tells it from others. */
export interface Recording {
  /** File name. */
  readonly file: string;
  /** Of its bytes. */
  readonly sha256: string;
  /** What was joined with it. */
  readonly join?: { readonly sha256: string } | undefined;
}

/** Two traces that belong together. */
export interface TracePair<Trace extends Recording> {
  readonly old: Trace;
  readonly now: Trace;
}

/** True if both are the very same recordings: their bytes decide, a file may have another name by now. */
function isSameRecording(one: Recording, other: Recording): boolean {
  return one.sha256 === other.sha256 && one.join?.sha256 === other.join?.sha256;
}

/**
 * Pairs of the traces of two results, in the order of `now`: the same recordings; across recordings then those of one name,
 * and last, if each side has one trace, these.
 */
export function pairTraces<Trace extends Recording>(
  old: readonly Trace[],
  now: readonly Trace[],
  isAcross: boolean,
): TracePair<Trace>[] {
  if (isAcross && old.length === 1 && now.length === 1) return [{ old: old[0], now: now[0] }];
  const taken = new Set<Trace>();
  const take = (found: Trace | undefined): Trace | undefined => {
    if (found !== undefined) taken.add(found);
    return found;
  };
  const same = now.map((trace) => take(old.find((one) => !taken.has(one) && isSameRecording(one, trace))));
  return now.flatMap((trace, at) => {
    const byName = () => take(old.find((one) => !taken.has(one) && one.file === trace.file));
    const found = same[at] ?? (isAcross ? byName() : undefined);
    return found === undefined ? [] : [{ old: found, now: trace }];
  });
}
