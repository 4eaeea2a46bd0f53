/** Brings what others publish. A registry that fails once is asked once more: a run of CI must not end by that. */
import { setTimeout as delay } from 'node:timers/promises'
import { type RunOptions, runOrThrow } from './child.ts'

const pauseMs = 5000

export async function bringOrThrow(options: RunOptions): Promise<string> {
  try {
    return await runOrThrow(options)
  } catch (error) {
    process.stderr.write(`once more, since ${error instanceof Error ? error.message : error}\n`)
    await delay(pauseMs)
    return runOrThrow(options)
  }
}
