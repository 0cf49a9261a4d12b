/**
 * Does cutting into blocks of whole lines keep every byte, whatever the chunks?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyStatistics, type ReaderContext } from '../../src/formats/reader.js';
import { lineBlocks, MAX_LINE_BYTES } from '../../src/formats/text/lines.js';

const context = (): ReaderContext => ({ file: 't', lenient: false, statistics: emptyStatistics('test') });

async function* chunksOf(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

async function blocksOf(pieces: readonly string[]): Promise<string[]> {
  const blocks: string[] = [];
  for await (const block of lineBlocks(chunksOf(pieces.map((piece) => Buffer.from(piece))), context())) {
    blocks.push(Buffer.from(block).toString());
  }
  return blocks;
}

describe('lineBlocks', () => {
  it('yields whole lines, cut or not, the last one with or without its end', async () => {
    expect(await blocksOf(['a\nb', 'c\nd\ne', 'f', '\n', 'g'])).toEqual(['a\n', 'bc\n', 'd\n', 'ef\n', 'g']);
    expect(await blocksOf(['a\r', '\nb\r\n'])).toEqual(['a\r\n', 'b\r\n']);
    expect(await blocksOf(['', 'a', '', '\n', ''])).toEqual(['a\n']);
    expect(await blocksOf([])).toEqual([]);
  });

  it('keeps every byte in order, and only the last block may lack a line feed', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r'), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const blocks = await blocksOf(pieces);
        expect(blocks.join('')).toBe(pieces.join(''));
        expect(blocks.slice(0, -1).every((block) => block.endsWith('\n'))).toBe(true);
        expect(blocks.every((block) => block.length > 0)).toBe(true);
      }),
    );
  });

  it('refuses a line beyond the limit, also inside one chunk, and not one at it', async () => {
    const line = 'x'.repeat(MAX_LINE_BYTES);
    expect((await blocksOf([`${line}\n`, 'a\n'])).join('')).toHaveLength(MAX_LINE_BYTES + 3);
    const message = 't:1: expected lines of at most 1048576 bytes, found a longer one';
    await expect(blocksOf([`${line}x\na\n`])).rejects.toThrow(message);
    await expect(blocksOf([line, 'x'])).rejects.toThrow(message);
    await expect(blocksOf([`a\n${line}x\na\n`])).rejects.toThrow('expected lines of at most');
  });
});
