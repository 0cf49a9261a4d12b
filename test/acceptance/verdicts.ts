/**
 * What the acceptance suite prints: per check the published target, what the model gives, and the verdict.
 */

/**
 * held: the target is met by parameters that were not fitted to it. fitted: this row set a parameter. partly: met in part.
 * not reproduced: the model gives something else, and the test asserts only the model's own law.
 */
export type Verdict = 'held' | 'fitted' | 'partly' | 'not reproduced' | 'no target';

interface Row {
  readonly check: string;
  readonly target: string;
  readonly got: string;
  readonly verdict: Verdict;
}

const HEAD = { check: 'check', target: 'target', got: 'got', verdict: 'verdict' };

/** Rows in the order in which checks ran. */
export class VerdictTable {
  private readonly rows: Row[] = [];

  add(check: string, target: string, got: string, verdict: Verdict): void {
    this.rows.push({ check, target, got, verdict });
  }

  /** The table as text, one line per row, columns two blanks apart. */
  print(): string {
    const all = [HEAD, ...this.rows];
    const width = (key: keyof Row) => Math.max(...all.map((row) => row[key].length));
    const [check, target, got] = [width('check'), width('target'), width('got')];
    const lines = all.map(
      (row) => `${row.check.padEnd(check)}  ${row.target.padEnd(target)}  ${row.got.padEnd(got)}  ${row.verdict}`,
    );
    return `${lines.join('\n')}\n`;
  }
}

/** `value` as a signed percentage. */
export function percent(value: number, digits = 0): string {
  const text = (value * 100).toFixed(digits).replace(/^-(?=[0.]*$)/, '');
  return `${text.startsWith('-') ? '' : '+'}${text} %`;
}
