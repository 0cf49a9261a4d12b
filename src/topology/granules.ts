/** Granules by the names that the file gives them, as log2 of bytes. */
export const GRANULES = { '4K': 12, '16K': 14, '64K': 16 } as const;
