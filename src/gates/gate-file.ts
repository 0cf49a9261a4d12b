/** A file of gates: YAML or JSON with the key `gates`, a list of gates as `--gate` takes them. */
import { parse, YAMLError } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../trace/errors.js';
import { ownFile } from '../trace/own-files.js';
import { type Gate, parseGate } from './gate.js';

const FILE = z.strictObject({ gates: z.array(z.string()).min(1) });

/**
 * The gates in `text`.
 * @throws UsageError for anything but such a file
 */
export function parseGateFile(text: string, name: string): Gate[] {
  const expected = 'YAML with the key gates, a list of texts such as "latency.operation.p99_ns <= 5us"';
  const own = ownFile(text);
  if (own !== undefined) throw new UsageError(`${name}: expected ${expected}, found ${own.what}`);
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error;
    throw new UsageError(`${name}:${error.linePos?.[0].line ?? 1}: expected ${expected}, found no YAML`);
  }
  const checked = FILE.safeParse(content);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new UsageError(
      `${name}: expected ${expected}, found at ${issue.path.join('.') || 'the top'}: ${issue.message}`,
    );
  }
  return checked.data.gates.map((gate, at) => parseGate(gate, `${name}, gate ${at + 1}`));
}
