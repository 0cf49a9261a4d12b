/** Numbers as people read them: three significant digits, a unit, nothing rounded that is exact and short. */

/** What a text may be made of. */
interface Characters {
  /** Characters beyond ASCII are welcome. */
  readonly unicode: boolean;
}

/** Shown where a document has no value. */
export const NO_VALUE = '-';

/** Counts above this are shown with a suffix. */
const LARGEST_EXACT_COUNT = 10_000_000;

/** `digits` significant digits without exponent: 2.84, 50.3, 850. */
function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
  return rounded.toFixed(Math.max(0, digits - 1 - magnitude));
}

/**
 * A duration: `850 ns`, `2.84 us`, `50.3 us`, `1.20 ms`, `28.8 s`; in the unit of `likeNs`, where several stand together, and with
 * more `digits` where three do not tell.
 */
export function formatNs(
  ns: number | null | undefined,
  context: Characters,
  { likeNs = ns, digits = 3 }: { readonly likeNs?: number | null | undefined; readonly digits?: number } = {},
): string {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return NO_VALUE;
  const size = Math.abs(likeNs ?? ns);
  // The bounds lie where rounding to three digits would show 1000 of the smaller unit.
  if (size < 999.5) return `${Number.isInteger(ns) ? ns : significant(ns, digits)} ns`;
  if (size < 999_500) return `${significant(ns / 1e3, digits)} ${context.unicode ? 'µs' : 'us'}`;
  if (size < 999_500_000) return `${significant(ns / 1e6, digits)} ms`;
  return `${significant(ns / 1e9, digits)} s`;
}

/** A count: exact with thousands separators, shortened from ten million up. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return NO_VALUE;
  if (Math.abs(count) >= LARGEST_EXACT_COUNT) {
    return Math.abs(count) >= 1e9 ? `${significant(count / 1e9, 3)}G` : `${significant(count / 1e6, 3)}M`;
  }
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A factor: `0.42x`, `12.3x`, `2837x`; small ones keep two significant digits. */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NO_VALUE;
  const size = Math.abs(ratio);
  if (size >= 100) return `${ratio.toFixed(0)}x`;
  if (size >= 10) return `${ratio.toFixed(1)}x`;
  return `${size < 0.095 && size > 0 ? significant(ratio, 2) : ratio.toFixed(2)}x`;
}

/** A share of one as per cent: `45.6%`, `0.03%`, `<0.01%`. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NO_VALUE;
  const percent = share * 100;
  if (percent > 0 && percent < 0.005) return '<0.01%';
  return `${percent !== 0 && Math.abs(percent) < 0.1 ? percent.toFixed(2) : percent.toFixed(1)}%`;
}

/** Digits that a double has. */
const ALL_DIGITS = 17;

/** Values of one metric, as its unit is read, with as many digits as tell them apart. */
export function formatApart(values: readonly number[], unit: string, context: Characters): string[] {
  const different = new Set(values).size;
  const rounded = (digits: number) =>
    values.map((value) =>
      unit === 'ns' ? formatNs(value, context, { digits }) : String(Number(value.toPrecision(digits))),
    );
  // A quotient of counts need not be a factor: exits per unmap.
  let texts = unit === 'ratio' ? rounded(3) : values.map((value) => formatValue(value, unit, context));
  for (let digits = 4; new Set(texts).size < different && digits <= ALL_DIGITS; digits++) texts = rounded(digits);
  return texts;
}

/** A metric's value in its unit; absent if there is none. */
export function formatValue(value: number | null, unit: string | undefined, context: Characters): string {
  if (value === null) return NO_VALUE;
  if (unit === 'ns') return formatNs(value, context);
  if (unit === 'share') return formatShare(value);
  if (unit === 'ratio') return formatRatio(value);
  // A median of two counts may end in a half, which is lost in a long one.
  const count = formatCount(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toFixed(1)));
  return unit === '1/s' ? `${count}/s` : count;
}

/** A relative change: `+9.99%`, `-0.36%`, `+120%`; of nothing to something there is none. */
export function formatChange(old: number, now: number): string {
  if (old === now) return '0%';
  if (old === 0) return NO_VALUE;
  const percent = (100 * (now - old)) / Math.abs(old);
  const size = Math.abs(percent);
  const digits =
    size < 0.01 ? '<0.01' : size >= 99.95 ? size.toFixed(0) : size >= 9.995 ? size.toFixed(1) : size.toFixed(2);
  return `${percent < 0 ? '-' : '+'}${digits}%`;
}

/** A bar of up to `width` characters for a share of one. */
export function formatBar(share: number, width: number, context: Characters): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return (context.unicode ? '█' : '#').repeat(filled);
}

/** Bytes of a page or block: `4 KiB`, `2 MiB`, `1 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : significant(value, 3)} ${units[unit]}`;
}

/** `text` cut to `width` columns, with a mark where it was cut. */
export function truncate(text: string, width: number, context: Characters): string {
  if (text.length <= width) return text;
  const mark = context.unicode ? '…' : '~';
  // A character of two units is not cut in half.
  return `${text.slice(0, Math.max(0, width - mark.length)).replace(/[\ud800-\udbff]$/, '')}${mark}`;
}

/** Typographic characters of prose and their ASCII spelling. */
const ASCII_SPELLING: Readonly<Record<string, string>> = {
  µ: 'u',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '...',
  '→': '->',
  '×': 'x',
  '·': '*',
  '≤': '<=',
  '≥': '>=',
  '≈': '~',
  '±': '+-',
};

/** `text` with typographic characters spelt in ASCII where the context does not welcome them. */
export function plain(text: string, context: Characters): string {
  return context.unicode ? text : text.replace(/[^ -~]/g, (character) => ASCII_SPELLING[character] ?? character);
}
