/** Whole-file xz decompression for the benchmarks, through the library that the tool itself streams with. */
import xz from 'xz-decompress';

export async function unxz(bytes) {
  const stream = new xz.XzReadableStream(new Blob([bytes]).stream());
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
