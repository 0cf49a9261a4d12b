/** What people read of a document: the same with every text in it made visible (trace/visible.ts), names of keys too. */
import { visible } from '../trace/visible.js';
import type { AnyReporter, ReportContext, ReportDocument, Reporter } from './reporter.js';

/** `value` with all texts visible; the very same value where there is nothing to escape. */
export function visibleTexts<Value>(value: Value): Value {
  return visibleNode(value) as Value;
}

/** `reporter` as it is called: with visible texts, unless its format has escapes of its own. */
export function withVisibleTexts(reporter: AnyReporter): AnyReporter {
  if (reporter.isExact) return reporter;
  // A union of two kinds of reporter: what is done is the same for both.
  return withVisible(reporter as Reporter) as AnyReporter;
}

function withVisible(reporter: Reporter): Reporter {
  const { render, pieces } = reporter;
  // The baseline of the context is looked for among the document's rows.
  const shown = (document: ReportDocument, context: ReportContext) =>
    [visibleTexts(document), visibleTexts(context)] as const;
  return {
    ...reporter,
    render: (document, context) => render(...shown(document, context)),
    ...(pieces === undefined ? {} : { pieces: (document, context) => pieces(...shown(document, context)) }),
  };
}

function visibleNode(node: unknown): unknown {
  if (typeof node === 'string') return visible(node);
  if (node === null || typeof node !== 'object') return node;
  return Array.isArray(node) ? visibleList(node) : visibleMapping(node as Readonly<Record<string, unknown>>);
}

function visibleList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const shown = visibleNode(list[at]);
    if (shown === list[at]) continue;
    copy ??= [...list];
    copy[at] = shown;
  }
  return copy ?? list;
}

function visibleMapping(mapping: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(mapping);
  let entries: [string, unknown][] | undefined;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at];
    const entry: [string, unknown] = [visible(key), visibleNode(mapping[key])];
    if (entries === undefined) {
      if (entry[0] === key && entry[1] === mapping[key]) continue;
      entries = keys.slice(0, at).map((same) => [same, mapping[same]]);
    }
    entries.push(entry);
  }
  // Not by assignment, which a key called __proto__ would divert.
  return entries === undefined ? mapping : Object.fromEntries(entries);
}
