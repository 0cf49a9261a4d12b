/**
 * A check that the Arrow library lacks: it believes every length in a message's metadata, and a damaged one makes it fill
 * the memory. No vector has more elements than its buffer has bytes; one that claims to is refused here.
 */
import { ByteBuffer } from 'flatbuffers';

let isInstalled = false;

/** Have every metadata buffer read from now on checked. The library's own buffers stay within it by construction. */
export function guardMetadata(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { prototype } = ByteBuffer;
  const { __vector_len: claimedLength } = prototype;
  prototype.__vector_len = function checkedLength(this: ByteBuffer, offset: number): number {
    const length = claimedLength.call(this, offset);
    if (length >= 0 && length <= this.capacity()) return length;
    throw new Error(`a list of ${length} in ${this.capacity()} bytes of metadata`);
  };
}
