/** Many things at a time, but not all: what a registry is asked for each of a thousand subjects. */

const atOnceMax = 8

/** In the order of `all`. Rejects with the first failure; nothing new is begun then. */
export async function eachAtMostEight<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  // One iterator for all: each takes the next.
  const left = all.entries()
  let isFailed = false
  const run = async (): Promise<void> => {
    for (const [i, one] of left) {
      if (isFailed) return
      try {
        results[i] = await work(one)
      } catch (error) {
        isFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnceMax, all.length) }, run))
  return results
}
