/** What the page may do: run its own scripts and wear its own style sheet, each known by its hash, and fetch nothing. */
import { createHash } from 'node:crypto';

/**
 * Put every style of the page into its one style sheet, the first in the head: the sheets that charts bring along, and styles of
 * single elements, which become classes. A policy knows a sheet by its hash; a style attribute it would have to allow as such.
 */
export function liftStyles(document: Document): void {
  const [sheet, ...others] = document.querySelectorAll('style');
  const rules = new Set<string>();
  for (const other of others) {
    rules.add(other.textContent ?? '');
    other.remove();
  }
  const classes = new Map<string, string>();
  for (const element of document.querySelectorAll('[style]')) {
    const style = element.getAttribute('style') ?? '';
    const name = classes.get(style) ?? `style-${classes.size + 1}`;
    classes.set(style, name);
    element.removeAttribute('style');
    element.classList.add(name);
  }
  // Last, as a style of an element wins over the sheet.
  for (const [style, name] of classes) rules.add(`.${name} { ${style} }`);
  sheet.textContent = [sheet.textContent, ...rules].join('\n');
}

/**
 * The content policy of a page with these scripts and this style sheet.
 * @param scripts texts of its script elements, exactly
 * @param sheet text of its style element, exactly
 */
export function contentPolicy(scripts: readonly string[], sheet: string): string {
  const sources = `script-src ${scripts.map(hash).join(' ')}; style-src ${hash(sheet)}`;
  return `default-src 'none'; ${sources}; base-uri 'none'; form-action 'none'`;
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
