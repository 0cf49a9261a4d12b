/** Lines for people beside the report: on standard error, or on standard output where a command has no report. */
import { visible } from '../trace/visible.js';

/** Say `sentence` on standard error, on one line, whatever the names in it hold. */
export function tell(sentence: string): void {
  process.stderr.write(`smmuscope: ${visible(sentence)}\n`);
}

/** Print `lines` on standard output, each on one line. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${visible(line)}\n`).join(''));
}
