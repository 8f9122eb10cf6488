/** One line of a benchmark's table. */
export interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'kB' | '%';
  /** At the median; the only value where there is only one. */
  readonly p50: number;
  readonly p95?: number;
  /** What the 95th percentile must not be above; the median where there is no other. */
  readonly limit?: number;
  readonly count: number;
}

/** Makes a line of measurements in milliseconds. */
export function timed(name: string, samples: readonly number[], limit?: number): Row {
  return { ...median(name, samples, limit), p95: percentile(samples, 0.95) };
}

/** Makes a line of measurements that are too few for more than a median. */
export function median(name: string, samples: readonly number[], limit?: number): Row {
  return {
    name,
    unit: 'ms',
    p50: percentile(samples, 0.5),
    count: samples.length,
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Prints a table; makes the process fail in the end when a limit is passed. */
export function print(title: string, rows: readonly Row[]): void {
  const lines = rows.map(({ name, unit, p50, p95, limit, count }) => {
    const passed = limit !== undefined && (p95 ?? p50) > limit;
    if (passed) {
      process.exitCode = 1;
    }
    const most = limit === undefined ? '' : `${passed ? 'MISSED' : 'ok'} (≤ ${limit} ${unit})`;
    const value = (number: number | undefined): string =>
      number === undefined ? '' : `${number.toFixed(number < 100 ? 2 : 0)} ${unit}`;
    return [name, value(p50), value(p95), String(count), most];
  });
  const all = [[title, 'p50', 'p95', 'samples', 'target'], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...all.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of all) {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('  '));
  }
  console.log('');
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
