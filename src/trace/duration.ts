/** Times as a user writes them: `1500`, `5ms`, `1.5s`. */
import { UsageError } from './errors.js';

/** ns per unit; no unit means ns. */
const UNITS: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n };

/**
 * A time in integer ns: digits, perhaps a decimal fraction, then `ns` (the default), `us`, `ms` or `s`.
 * @param what the flag that the text was given to
 * @throws UsageError for anything else, for a fraction of a ns, and beyond 2^53 - 1 ns
 */
export function parseDurationNs(text: string, what: string): number {
  const fault = (found: string) =>
    new UsageError(`${what}: expected a time such as 5ms, 1.5s or 2500000 (ns), found ${found}`);
  const [, whole, fraction = '', unit = 'ns'] = /^(\d+)(?:\.(\d+))?(ns|us|ms|s)?$/.exec(text) ?? [];
  if (whole === undefined) throw fault(JSON.stringify(text));
  const scaled = BigInt(whole + fraction) * UNITS[unit];
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) throw fault(`${text}, a fraction of a nanosecond`);
  const ns = Number(scaled / divisor);
  if (!Number.isSafeInteger(ns)) throw fault(`${text}, more than 2^53 - 1 ns`);
  return ns;
}
