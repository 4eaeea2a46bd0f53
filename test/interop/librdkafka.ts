/** Runs `librdkafka.py`. */
import { join } from 'node:path'
import { type Command, runOrThrow } from '../../bench/child.ts'
import { bootstrap, python } from './kit.ts'
import { type Line, type LineOptions, linesOf, optionArguments } from './line-process.ts'

export function librdkafkaCommand(command: string, options: LineOptions): Command {
  const script = join(import.meta.dirname, 'librdkafka.py')
  return { command: python(), args: [script, command, '--bootstrap', bootstrap(), ...optionArguments(options)] }
}

/** Runs a command that must succeed; gives its lines. */
export async function librdkafka(command: string, options: LineOptions): Promise<Line[]> {
  return linesOf(await runOrThrow({ ...librdkafkaCommand(command, options), timeoutMs: 100_000 }))
}
