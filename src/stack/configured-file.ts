/** A file that a configuration names. */
import { readFileSync } from 'node:fs'
import { ConfigError } from '../node/index.ts'

/** Throws ConfigError, which names `key`, where it cannot be read. */
export function configuredFile(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new ConfigError(`${key}: ${error.message}`)
    throw error
  }
}
