/** Where the benchmarks and the interop suites keep what they fetch, build and write; nothing of it is in git. */
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')
export const cache = join(root, '.cache')
