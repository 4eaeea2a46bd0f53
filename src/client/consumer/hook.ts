/** What the application is to be told of, and nobody waits for. */

/** What the hook throws, or rejects with, goes to `failed`: it changes nothing of what it was told of. */
export function callHook<T>(hook: ((told: T) => unknown) | undefined, told: T, failed: (error: unknown) => void): void {
  try {
    // To the compiler an async function is one that returns nothing, too.
    Promise.resolve(hook?.(told)).catch(failed)
  } catch (error) {
    failed(error)
  }
}
