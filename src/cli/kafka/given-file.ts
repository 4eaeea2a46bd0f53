/** A file that a flag of a tool names. */
import { readFileSync } from 'node:fs'
import { ToolError } from './tool.ts'

/** Throws ToolError, which names the file. */
export function readGivenFile(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  try {
    return readFileSync(path, encoding)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new ToolError(error.code === 'ENOENT' ? `no such file: ${path}` : `${path}: ${error.message}`)
  }
}
