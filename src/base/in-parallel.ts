/** Does the same work for many, a few at a time: for the disk, where the time is spent in waiting. */

/** Resolves when all is done; rejects with the first failure, when what was under way has ended. Begins in order. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnceMax: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && failure === undefined; next = iterator.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnceMax }, lane))
  if (failure !== undefined) throw failure.error
}
