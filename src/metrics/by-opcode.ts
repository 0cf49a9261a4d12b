import { opcodeKey } from '../trace/opcodes.js';

/** Counts that are not zero, by the JSON key of their opcode. */
export function byOpcode(counts: Float64Array): Record<string, number> {
  const result: Record<string, number> = {};
  for (let opcode = 0; opcode < counts.length; opcode++) {
    if (counts[opcode] > 0) result[opcodeKey(opcode)] = counts[opcode];
  }
  return result;
}
