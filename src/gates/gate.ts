/**
 * A gate: a limit on one metric.
 *
 * `METRIC OP LIMIT [for STRATEGY,…]` with METRIC a path or the name of a column, OP one of <= < >= > == != and LIMIT a number
 * (of a metric in ns also a time such as 5us, of a share also 40%) or a multiple of the baseline with an allowance:
 * `1.05x baseline`, `1.05 * baseline`, `baseline + 200ns`, `0.9x baseline - 3`.
 * `METRIC within 5% of baseline` knows by itself which way is worse.
 */
import { metricCalled } from '../columns/choose.js';
import type { MetricEntry } from '../results/declaration/dictionary.js';
import type { Judgement } from '../results/declaration/gates.js';
import { parseDurationNs } from '../trace/duration.js';
import { UsageError } from '../trace/errors.js';

export type Operator = Judgement['operator'];

/** value `operator` (factor × baseline + offset); an absolute limit has factor 0. */
export interface Gate {
  /** As it was written. */
  readonly text: string;
  /** Dotted path. */
  readonly metric: string;
  readonly entry: MetricEntry;
  readonly operator: Operator;
  readonly factor: number;
  readonly offset: number;
  /** Strategies that it is for, as results spell them, `:atc=` for one targeting; empty: all. */
  readonly strategies: readonly string[];
}

const NUMBER = String.raw`\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const AMOUNT = `${NUMBER}(?:ns|us|ms|s|%)?`;
const FORM = /^(.+?)\s*(<=|>=|==|!=|<|>|\bwithin\b)\s*(.+?)(?:\s+for\s+(\S+))?$/;
const ABSOLUTE = new RegExp(`^-?${AMOUNT}$`);
const RELATIVE = new RegExp(`^(?:(${NUMBER})\\s*[x*]\\s*)?baseline(?:\\s*([+-])\\s*(${AMOUNT}))?$`);
const WITHIN = new RegExp(`^(${NUMBER})%\\s+of\\s+baseline$`);

/**
 * Read one gate.
 * @param where what errors name: `--gate`, or a file and the gate's place in it
 * @throws UsageError for another form, an unknown metric, or `within` on a metric that is neither better nor worse
 */
export function parseGate(written: string, where: string): Gate {
  const text = written.trim().replace(/\s+/g, ' ');
  const fault = (expected: string) => new UsageError(`${where}: expected ${expected}, found ${JSON.stringify(text)}`);
  const [, name, word, limit, list] = FORM.exec(text) ?? [];
  if (name === undefined) throw fault('METRIC <= LIMIT (or < >= > == != within), perhaps with: for STRATEGY');
  const { metric, entry } = metricCalled(name, where);
  const common = { text, metric, entry, strategies: list?.split(',') ?? [] };
  if (word === 'within') return { ...common, ...withinLimit(limit, entry, fault) };
  const operator = word as Operator;
  const amount = (part: string) => {
    if (/\d$/.test(part)) return Number(part);
    if (part.endsWith('%')) {
      if (entry.unit !== 'share') throw fault(`a limit in ${entry.unit}, without %`);
      return Number(part.slice(0, -1)) / 100;
    }
    if (entry.unit !== 'ns') throw fault(`a number for a metric in ${entry.unit}`);
    return parseDurationNs(part, where);
  };
  if (ABSOLUTE.test(limit)) return { ...common, operator, factor: 0, offset: amount(limit) };
  const relative = RELATIVE.exec(limit);
  if (relative === null) throw fault('a number, or a multiple such as 1.05x baseline + 200, as the limit');
  const [, factor = '1', sign, allowance = '0'] = relative;
  if (Number(factor) === 0) throw fault('a factor above 0');
  return { ...common, operator, factor: Number(factor), offset: (sign === '-' ? -1 : 1) * amount(allowance) };
}

function withinLimit(
  limit: string,
  { path, direction }: MetricEntry,
  fault: (expected: string) => UsageError,
): Pick<Gate, 'operator' | 'factor' | 'offset'> {
  const [, percent] = WITHIN.exec(limit) ?? [];
  if (percent === undefined) throw fault('a limit such as: within 5% of baseline');
  if (direction === 'neutral') throw fault(`<=, >= or == for ${path}, which is neither better nor worse`);
  if (direction === 'lower') return { operator: '<=', factor: (100 + Number(percent)) / 100, offset: 0 };
  if (Number(percent) >= 100) throw fault('less than 100% of a metric of which more is better');
  return { operator: '>=', factor: (100 - Number(percent)) / 100, offset: 0 };
}
