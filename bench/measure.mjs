/**
 * How one figure is taken: runs that compile, then runs that count, and of those the median beside the least and the
 * greatest.
 */
import { max, median, min } from 'simple-statistics';

/** Runs that count, unless a benchmark says otherwise. */
export const RUNS = 5;
/** Runs before them: the compiler is done with a loop after that. */
const WARM_UPS = 2;

/** Wall-clock seconds of `work`, and CPU seconds of all threads of this process meanwhile. */
export async function timed(work) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Median, least and greatest of some values. */
export const spread = (values) => ({ value: median(values), low: min(values), high: max(values), runs: values.length });

/**
 * Units of work per second, and per CPU second of all threads, which says more on a machine that others use as well.
 * @param work does the work once and returns, or resolves to, how many units it was
 */
export async function rate(work, { runs = RUNS, warmUps = WARM_UPS, scale = 1e6 } = {}) {
  return rateOf(await ratesOf(work, { runs, warmUps, scale }));
}

/** The rates of each run that counts, for `rateOf`. */
export async function ratesOf(work, { runs, warmUps, scale = 1e6 }) {
  const values = [];
  const perCpuSecond = [];
  for (let run = -warmUps; run < runs; run++) {
    let units = 0;
    const { seconds, cpuSeconds } = await timed(async () => {
      units = await work();
    });
    if (run < 0) continue;
    values.push(units / scale / seconds);
    perCpuSecond.push(units / scale / cpuSeconds);
  }
  return { values, perCpuSecond };
}

/** One figure of the runs of one process, or of several. */
export function rateOf(...processes) {
  const values = processes.flatMap((one) => one.values);
  return { ...spread(values), perCpuSecond: median(processes.flatMap((one) => one.perCpuSecond)) };
}

/** Seconds (times `scale`) of `work`. */
export async function duration(work, { runs = RUNS, warmUps = 1, scale = 1 } = {}) {
  const values = [];
  for (let run = -warmUps; run < runs; run++) {
    const { seconds } = await timed(work);
    if (run >= 0) values.push(scale * seconds);
  }
  return spread(values);
}
