/**
 * Lint tier: is every rule broken by a trace made to break it, at the right line, and by no sound one?
 */
import { describe, expect, it } from 'vitest';
import type { LintDocument } from '../../../src/analysis/lint/document.js';
import { lintTrace } from '../../../src/analysis/lint/lint-trace.js';
import { LINT_RULES } from '../../../src/analysis/lint/registry.js';
import { openTrace } from '../../../src/formats/open-trace.js';
import { emptyStatistics, type OpenTrace } from '../../../src/formats/reader.js';
import { parametersOf, WORKLOADS } from '../../../src/guest/workloads/registry.js';
import { generateTrace } from '../../../src/guest/workloads/schedule.js';
import { BatchSink } from '../../../src/trace/batch-sink.js';
import { type EventBatch, EventKind, Outcome } from '../../../src/trace/events.js';
import { TraceBuilder } from '../../support/trace-builder.js';
import { tracePath, traceText } from '../../support/traces.js';

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

  it('a completion after other PROD writes is of the SYNC before them', async () => {
    const interrupted = new TraceBuilder().sync().doorbell().sync().doorbell().syncDone().syncDone();
    expect(await lint(interrupted)).toEqual(['sync-without-completion 1 @2']);
    const twice = new TraceBuilder().sync().doorbell().cmd('TLBI_NH_VA', UNMAP).doorbell().syncDone().sync().doorbell();
    expect(await lint(twice.syncDone().syncDone())).toEqual([
      'completion-without-sync 1 @9',
      'sync-without-completion 1 @2',
    ]);
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

  it('atc-without-sync: with the range and, where it is known, the ASID of the TLBI, until its SYNC is written', async () => {
    const inv = (ADDR: number, SID = 8) => ({ SID, ADDR, SIZE: 0 });
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 5 }).dma({ sid: 9, asid: 2, page: 5 });
    trace.cmd('TLBI_NH_VA', UNMAP).cmd('ATC_INV', inv(5)).cmd('ATC_INV', inv(6)).cmd('ATC_INV', inv(5, 9)).doorbell();
    trace.cmd('ATC_INV', inv(5, 10)).sync().cmd('ATC_INV', inv(5)).sync().doorbell();
    const document = await lintTrace(opened([trace.batch]));
    expect(findings(document)).toEqual(['atc-without-sync 2 @4,8']);
    expect(document.findings[0].first[0].what).toBe(
      'ATC_INV of stream 0x8 behind the TLBI in line 3 with no CMD_SYNC between',
    );
    const many = await lintTrace(await openTrace(tracePath('csv/atc-without-sync.csv')));
    expect(many.findings).toMatchObject([{ rule: 'atc-without-sync', count: 20, first: { length: 10 } }]);
    expect(many.findings[0].first[0].line).toBe(4);
    // VT-d orders the two by itself: its 6.12 driver sends them in one submission.
    const vtd = await lintTrace(await openTrace(tracePath('vtd-onedomain-head.qemu-7.2.log.xz')));
    expect(vtd.passed).toContain('atc-without-sync');
  });

  it('ttl-without-leaf: of known mappings only, which go with the TLBI or with another mapping', async () => {
    const block = { page: 0x200, pageSizeLog2: 21 };
    const tlbi = (TTL: number, ADDR = 0x200, more = {}) => ({ ASID: 1, ADDR, TG: 1, TTL, LEAF: 1, ...more });
    const trace = new TraceBuilder().dma(block);
    trace.cmd('TLBI_NH_VA', tlbi(3, 0x207)).cmd('TLBI_NH_VA', tlbi(3)).sync().doorbell();
    expect(await lint(trace)).toEqual(['ttl-without-leaf 1 @2']);
    for (const sound of [
      tlbi(2),
      tlbi(0, 0x200, { TG: 0 }),
      tlbi(3, 0x400),
      tlbi(3, 0x1ff, { NUM: 0 }),
      { ...tlbi(3), ASID: 2 },
      { ...tlbi(3), TG: 3 },
    ]) {
      const one = new TraceBuilder().dma(block).dma({ page: 0x9000, pageSizeLog2: 12 });
      expect(await lint(one.cmd('TLBI_NH_VA', sound).sync().doorbell())).toEqual([]);
    }
    const mixed = new TraceBuilder().dma(block).dma({ page: 0x400, pageSizeLog2: 12 });
    mixed
      .cmd('TLBI_NH_VA', tlbi(3, 0x200, { NUM: 1, SCALE: 9 }))
      .sync()
      .doorbell();
    expect(await lint(mixed)).toEqual([]);
    const remapped = new TraceBuilder().dma(block).dma({ page: 0x200, pageSizeLog2: 12 });
    remapped.cmd('TLBI_NH_VAA', { ADDR: 0x200, TG: 1, TTL: 3, LEAF: 1 }).cmd('TLBI_NH_VA', tlbi(2)).sync().doorbell();
    expect(await lint(remapped)).toEqual([]);
    const file = await lintTrace(await openTrace(tracePath('csv/ttl-names-wrong-level.csv')));
    expect(file.findings).toMatchObject([
      {
        rule: 'ttl-without-leaf',
        first: [
          {
            line: 3,
            what: 'TLBI_NH_VA names level 3 of 4 KiB granules at 0x40000000, where the trace has 2 MiB',
          },
        ],
      },
    ]);
  });

  it('ttl-without-leaf: a map event says what there is', async () => {
    const trace = new TraceBuilder()
      .cmd('TLBI_NH_VA', { ...UNMAP, TTL: 2 })
      .sync()
      .doorbell();
    expect(findings(await lintTrace(opened([mapOf(5, 90), trace.batch])))).toEqual(['ttl-without-leaf 1 @1']);
  });

  it('every rule has a name of its own and a test here', () => {
    const names = LINT_RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(13);
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
