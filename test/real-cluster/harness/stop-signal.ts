/** Resolves when this process is asked to end (Ctrl-C, a terminal that is closed). It does not keep the process alive until then. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => resolve());
    }
  });
}
