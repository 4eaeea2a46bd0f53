/**
 * Loads a native package that may be absent (no prebuilt for the platform, or `npm ci --omit=optional`): its user then
 * takes its own portable code. Synchronous, so that the package can still be required from CommonJS.
 */
import { createRequire } from 'node:module'

const requireHere = createRequire(import.meta.url)

/** The package's exports, or undefined when it cannot be loaded here. */
export function loadNative(packageName: string): object | undefined {
  try {
    return requireHere(packageName) as object
  } catch (error) {
    // Absence is an answer; the reason is kept for whoever wants to know why the portable code runs.
    nativeFailures.set(packageName, error)
    return undefined
  }
}

/** Why native packages could not be loaded, by name. */
export const nativeFailures = new Map<string, unknown>()

/** The function `name` of a loaded native package; the caller states its signature. */
export function nativeFunction<F extends (...parameters: never[]) => unknown>(
  library: object | undefined,
  name: string,
): F | undefined {
  const value: unknown = library === undefined ? undefined : Reflect.get(library, name)
  return typeof value === 'function' ? (value as F) : undefined
}

/** The same, loaded when it is first asked for: a package that nobody uses costs no memory and no time at start. */
export function lazyNative<F extends (...parameters: never[]) => unknown>(
  packageName: string,
  name: string,
): () => F | undefined {
  let isLoaded = false
  let loaded: F | undefined
  return () => {
    if (!isLoaded) {
      isLoaded = true
      loaded = nativeFunction<F>(loadNative(packageName), name)
    }
    return loaded
  }
}

/** A package that is always there, loaded when it is first used; the caller states what it exports. */
export function lazyPackage<T extends object>(packageName: string): () => T {
  let loaded: T | undefined
  return () => {
    loaded ??= requireHere(packageName) as T
    return loaded
  }
}
