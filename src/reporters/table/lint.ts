/** The table of `lint`: which rules a trace breaks, and where. */
import type { LintDocument, LintFinding } from '../../analysis/lint/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, truncate } from './format.js';
import { nextLine, paint, sectionTitle, type TextStyle, wrapText } from './layout.js';

const STYLES: Readonly<Record<LintFinding['severity'], TextStyle>> = { error: 'red', warning: 'yellow', note: 'dim' };

/** One block per broken rule, errors first, then the verdict. */
export function renderLint(document: LintDocument, context: ReportContext): string {
  const { trace, reader, events, findings, passed } = document;
  const format = [reader.format, reader.version].filter((part) => part !== '').join(' ');
  const part = trace.limited ? ' (the part within --limit)' : '';
  const head =
    sectionTitle(truncate(trace.file, context.width, context), context) +
    wrapText(`${format}: ${formatCount(reader.lines)} lines, ${formatCount(events)} events${part}`, context);
  const counts = `${plural(document.errors, 'error')}, ${plural(document.warnings, 'warning')}, ${plural(document.notes, 'note')}`;
  const verdict = wrapText(`${counts}; ${passed.length} of ${passed.length + findings.length} rules hold`, context);
  const next = document.errors === 0 ? nextLine(context) : '';
  return [head, ...findings.map((finding) => block(finding, trace.file, context)), verdict + next].join('\n');
}

function block(finding: LintFinding, file: string, context: ReportContext): string {
  const { rule, severity, summary, count, first } = finding;
  const title = wrapText(`${severity} ${rule} (${formatCount(count)}): ${summary}`, context).trimEnd();
  const narrower = { ...context, width: context.width - 2 };
  const lines = first.map(({ line, what }) => {
    const where = line === 0 ? file : `${file}:${line}`;
    return wrapText(`${where}: ${what}`, narrower).replace(/^(?=.)/gm, '  ');
  });
  const shown = first.length;
  const rest = count > shown ? [`  and ${formatCount(count - shown)} more\n`] : [];
  return `${paint(title, STYLES[severity], context)}\n${[...lines, ...rest].join('')}`;
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
