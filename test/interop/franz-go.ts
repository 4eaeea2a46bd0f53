/** Builds and runs `go/main.go`. It is left out where there is no Go: nothing else of the suites needs it. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, run, runOrThrow } from '../../bench/child.ts'
import { bringOrThrow } from '../../bench/fetch.ts'
import { cache } from '../../bench/paths.ts'
import { bootstrap } from './kit.ts'
import { type Line, type LineOptions, linesOf, optionArguments } from './line-process.ts'

const program = join(cache, 'interop-go', 'franz-go')

/** For the options of a test: false, or why it is skipped. */
export const skipWithoutGo = (): string | false =>
  existsSync(program) ? false : 'there is no Go to build franz-go with'

async function hasGo(): Promise<boolean> {
  try {
    return (await run({ command: 'go', args: ['version'], timeoutMs: 20_000 })).code === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

export async function bringFranzGo(): Promise<void> {
  if (!(await hasGo())) return rmSync(program, { force: true })
  const args = ['build', '-buildvcs=false', '-o', program, '.']
  await bringOrThrow({ command: 'go', args, cwd: join(import.meta.dirname, 'go'), timeoutMs: 300_000 })
}

export function franzGoCommand(command: string, options: LineOptions): Command {
  return { command: program, args: [command, '--bootstrap', bootstrap(), ...optionArguments(options)] }
}

/** Runs a command that must succeed; gives its lines. */
export async function franzGo(command: string, options: LineOptions): Promise<Line[]> {
  return linesOf(await runOrThrow({ ...franzGoCommand(command, options), timeoutMs: 100_000 }))
}
