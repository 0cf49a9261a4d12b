/**
 * Seeded damage to samples: what disks, pipes and editors do to files, and what an attacker would.
 */
import { type RandomInteger, seededRandom } from '../analysis/oracle/random.js';

const INTERESTING = [0, 1, 0x0a, 0x22, 0x2c, 0x7f, 0x80, 0xff];
const WORDS = ['18446744073709551616', '-1', '0x', '"', '\n\n', '{"', 'NaN', '1e308', '\u0000', 'x'.repeat(300)];

/** One damaged copy of `bytes`, decided by `seed`. */
export function damaged(bytes: Uint8Array, seed: number): Buffer {
  const below = seededRandom(seed);
  let result: Buffer = Buffer.from(bytes);
  for (let changes = 1 + below(4); changes > 0; changes--) result = changedOnce(result, below);
  return result;
}

function changedOnce(bytes: Buffer, below: RandomInteger): Buffer {
  if (bytes.length === 0) return bytes;
  const at = below(bytes.length);
  const length = Math.min(bytes.length - at, 1 + below(64));
  switch (below(8)) {
    case 0:
      bytes[at] ^= 1 << below(8);
      return bytes;
    case 1:
      bytes[at] = INTERESTING[below(INTERESTING.length)];
      return bytes;
    case 2: // a hole
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3: // a piece twice
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 4: // the end is missing
      return bytes.subarray(0, at);
    case 5: // a piece of zeros, or of ones
      bytes.fill(below(2) * 255, at, at + length);
      return bytes;
    case 6: // a large number where there may be a length
      if (at + 4 <= bytes.length) bytes.writeUInt32LE(0xffffffff >>> below(32), at);
      return bytes;
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(WORDS[below(WORDS.length)]), bytes.subarray(at)]);
  }
}
