/** Waits for something, at most so many milliseconds. Resolves to whether it came; a failure of it is passed on. */
export async function within(awaited: Promise<unknown>, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false);
  });
  try {
    return await Promise.race([awaited.then(() => true), patience]);
  } finally {
    clearTimeout(timer);
  }
}
