/**
 * Lint tier: is every rule broken by a trace made to break it, at the right line, and by no sound one?
 */
import { describe, expect, it } from 'vitest';
import { parametersOf, WORKLOADS } from '../../src/generate/registry.js';
import { generateTrace } from '../../src/generate/schedule.js';
import type { LintDocument } from '../../src/lint/document.js';
import { lintTrace } from '../../src/lint/lint-trace.js';
import { LINT_RULES } from '../../src/lint/registry.js';
import { openTrace } from '../../src/readers/open-trace.js';
import { emptyStatistics, type OpenTrace } from '../../src/readers/reader.js';
import { BatchSink } from '../../src/trace/batch-sink.js';
import { type EventBatch, EventKind, Outcome } from '../../src/trace/events.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { tracePath, traceText } from '../support/traces.js';

function opened(batches: readonly EventBatch[] | AsyncIterable<EventBatch>): OpenTrace {
  async function* draw(): AsyncGenerator<EventBatch> {
    yield* batches;
  }
  return {
    file: 'test.csv',
    compression: 'none',
    statistics: emptyStatistics('csv'),
    batches: draw(),
    sha256: () => '',
    bytesRead: () => 0,
    totalBytes: undefined,
  };
}

/** `rule count @line,line…` of every finding. */
function findings({ findings: found }: LintDocument): string[] {
  return found.map(({ rule, count, first }) => `${rule} ${count} @${first.map(({ line }) => line).join(',')}`);
}

const lint = async (trace: TraceBuilder, ...more: EventBatch[]) =>
  findings(await lintTrace(opened([trace.batch, ...more])));

const UNMAP = { ASID: 1, ADDR: 5, TG: 1, TTL: 3, LEAF: 1 } as const;

/** map of one page, as a batch of its own. */
function mapOf(page: number, line: number): EventBatch {
  const sink = new BatchSink();
  const batch = sink.append(EventKind.Map, 0, line);
  batch.asid[0] = 1;
  batch.iovaPage[0] = page;
  batch.pageSizeLog2[0] = 12;
  batch.pages[0] = 1;
  return batch;
}

describe('rules', () => {
  it('a sound submission breaks none', async () => {
    const trace = new TraceBuilder().cmd('TLBI_NH_VA', UNMAP).sync().doorbell().at(10).syncDone();
    expect(await lint(trace)).toEqual([]);
  });

  it('time-order', async () => {
    expect(await lint(new TraceBuilder().at(10).dma({ page: 1 }).at(9).dma({ page: 1 }))).toEqual(['time-order 1 @2']);
  });

  it('time-gap', async () => {
    const trace = new TraceBuilder()
      .dma({ page: 1 })
      .at(1e9)
      .dma({ page: 1 })
      .at(2e9 + 1)
      .dma({ page: 1 });
    expect(await lint(trace)).toEqual(['time-gap 1 @3']);
  });

  it('completion-without-sync: none published, none left, another vCPU’s', async () => {
    const trace = new TraceBuilder().cmd('TLBI_NH_VA', UNMAP).doorbell().syncDone().sync().doorbell().syncDone();
    trace.syncDone().sync().doorbell().vcpu(1).syncDone().vcpu(0).syncDone();
    expect(await lint(trace)).toEqual(['completion-without-sync 3 @3,7,10']);
  });

  it('completions of two vCPUs that share a doorbell are both sound', async () => {
    const trace = new TraceBuilder().vcpu(0).cmd('TLBI_NH_VA', UNMAP).sync().vcpu(1).cmd('TLBI_NH_VA', UNMAP).sync();
    expect(await lint(trace.doorbell().syncDone().vcpu(0).syncDone())).toEqual([]);
  });

  it('sync-without-completion, only where completions are recorded', async () => {
    const trace = () => new TraceBuilder().sync().doorbell().sync().doorbell();
    expect(await lint(trace())).toEqual([]);
    expect(await lint(trace().syncDone().sync().doorbell())).toEqual(['sync-without-completion 2 @2,7']);
  });

  it('invalidation-without-sync and unpublished-command', async () => {
    const trace = new TraceBuilder().cmd('TLBI_NH_VA', UNMAP).cmd('PREFETCH_CONFIG', { SID: 8 }).doorbell().sync();
    expect(await lint(new TraceBuilder().cmd('TLBI_NH_VA', UNMAP).doorbell())).toEqual([
      'invalidation-without-sync 1 @1',
    ]);
    expect(await lint(trace)).toEqual(['unpublished-command 1 @4']);
  });

  it('empty-doorbell', async () => {
    expect(await lint(new TraceBuilder().doorbell())).toEqual(['empty-doorbell 1 @1']);
  });

  it('reserved-encoding, of recorded words only', async () => {
    const words = [0x1012, 0, 0, 0] as const; // NUM=1 with TG=0
    expect(await lint(new TraceBuilder().words(words).sync().doorbell())).toEqual(['reserved-encoding 1 @1']);
    expect(await lint(new TraceBuilder().words(words, 2).sync().doorbell())).toEqual([]);
  });

  it('oversized-range', async () => {
    const fields = { ASID: 1, TG: 1, TTL: 3, LEAF: 1, NUM: 31 };
    const trace = new TraceBuilder().cmd('TLBI_NH_VA', { ...fields, SCALE: 31, ADDR: 0 });
    trace.cmd('TLBI_NH_VA', { ...fields, ADDR: 2 ** 52 - 16 }).cmd('TLBI_NH_VA', { ...fields, ADDR: 2 ** 52 - 32 });
    trace
      .cmd('TLBI_NH_VA', { ...fields, TG: 3, SCALE: 31, ADDR: 0 })
      .sync()
      .doorbell();
    // 2^36 granules: 2^48 bytes of 4 KiB ones, 2^52 of 64 KiB ones: both fit exactly.
    expect(await lint(trace)).toEqual(['oversized-range 1 @2']);
  });

  it('unmapped-translation, only where maps are recorded, and not of a fault or an MSI', async () => {
    const trace = new TraceBuilder().dma({ page: 5 }).dma({ page: 6 }).dma({ page: 7, outcome: Outcome.Fault });
    trace.dma({ page: 8, isMsi: true });
    expect(await lint(trace)).toEqual([]);
    const document = await lintTrace(opened([mapOf(5, 90), trace.batch]));
    expect(findings(document)).toEqual(['unmapped-translation 1 @2']);
  });

  it('hit-after-invalidation: after the SYNC is published, until the recorder misses again', async () => {
    const trace = new TraceBuilder().dma({ page: 5, outcome: Outcome.Miss }).cmd('TLBI_NH_VA', UNMAP);
    trace.dma({ page: 5, outcome: Outcome.Hit }).sync().doorbell();
    trace.dma({ page: 6, outcome: Outcome.Hit }).dma({ page: 5, asid: 2, outcome: Outcome.Hit });
    trace.dma({ page: 5, outcome: Outcome.Hit }).dma({ page: 5, outcome: Outcome.Hit });
    expect(await lint(trace)).toEqual(['hit-after-invalidation 1 @8']);
    const block = new TraceBuilder().cmd('TLBI_NH_VA', UNMAP).sync().doorbell();
    block.dma({ page: 9, pageSizeLog2: 21, outcome: Outcome.Miss }).dma({ page: 5, outcome: Outcome.Hit });
    expect(await lint(block)).toEqual([]);
  });

  it('every rule has a name of its own and a test here', () => {
    const names = LINT_RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(11);
  });
});

describe('whole traces', () => {
  it.each(WORKLOADS.map((workload) => [workload.name, workload] as const))(
    '%s breaks no rule',
    async (_name, workload) => {
      const parameters = parametersOf(workload, []);
      const settings = { events: 5000, vcpus: 3, devices: 3, seed: 3, era: 'before-6.6', parameters } as const;
      expect(findings(await lintTrace(opened(generateTrace(workload, settings))))).toEqual([]);
    },
  );

  it('recordings have no error and no warning', async () => {
    for (const name of [
      'boot-strict.qemu-7.2.log.xz',
      'rebind-strict.qemu-7.2.log.xz',
      'rebind-lazy.qemu-10.0.log.xz',
      'rebind-strict.ftrace.txt.xz',
      'vtd-rebind-4ats-k61.ftrace.txt.xz',
    ]) {
      const document = await lintTrace(await openTrace(tracePath(name)));
      expect({ name, errors: document.errors, warnings: document.warnings }).toEqual({ name, errors: 0, warnings: 0 });
    }
  });

  it('a recording with lines cut out is caught: CONS jumps, a hit that nothing filled', async () => {
    const { Readable } = await import('node:stream');
    const lines = (await traceText('boot-strict.qemu-7.2.log.xz')).split('\n');
    const consumes = lines.flatMap((line, at) => (line.includes('smmuv3_cmdq_consume ') ? [at] : []));
    const cut = [...lines.slice(0, consumes[10]), ...lines.slice(consumes[12])];
    const trace = await openTrace('-', { stdin: Readable.from([Buffer.from(cut.join('\n'), 'latin1')]) });
    const document = await lintTrace(trace);
    const loss = document.findings.find(({ rule }) => rule === 'recorder-loss');
    expect(loss?.first).toContainEqual({
      line: consumes[10] + 1,
      what: 'CONS jumps ahead: the log lacks the commands in between',
    });
  });

  it('keeps ten breaches of a rule and counts them all; --limit ends the reading', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 50; i++) trace.doorbell();
    const document = await lintTrace(opened([trace.batch]));
    expect(document).toMatchObject({ notes: 50, findings: [{ rule: 'empty-doorbell', count: 50 }] });
    expect(document.findings[0].first).toHaveLength(10);
    trace.batch.count = 50;
    expect(await lintTrace(opened([trace.batch]), { limit: 7 })).toMatchObject({
      events: 7,
      notes: 7,
      trace: { limited: true },
    });
  });

  it('a malformed line is an error with its line', async () => {
    const document = await lintTrace(await openTrace(tracePath('invalid/time-goes-back.csv')));
    expect(document).toMatchObject({ errors: 1, findings: [{ rule: 'malformed', first: [{ line: 3 }] }] });
  });
});
