/**
 * Runs work in batches: what is handed over during one iteration of the event loop runs at the end of that iteration, all
 * of it in a row. Reading from sockets and decrypting push the code and data of the rules out of the processor's caches;
 * in a row, only the first review pays for that. docs/adr/0015 has the figures.
 */
export function createReviewBatches(): (work: () => void) => void {
  let batch: (() => void)[] = [];

  function run(): void {
    const all = batch;
    batch = [];
    for (const work of all) work();
  }

  return (work) => {
    if (batch.push(work) === 1) setImmediate(run);
  };
}
