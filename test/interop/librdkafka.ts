/** Runs `librdkafka.py`. */
import { join } from 'node:path'
import { type Command, runOrThrow } from '../../bench/child.ts'
import { bootstrap, python } from './kit.ts'
import type { Line } from './line-process.ts'

export type PythonOptions = Readonly<Record<string, string | number | true>>

export function librdkafkaCommand(command: string, options: PythonOptions): Command {
  const given = Object.entries(options).flatMap(([key, value]) =>
    value === true ? [`--${key}`] : [`--${key}`, `${value}`],
  )
  const script = join(import.meta.dirname, 'librdkafka.py')
  return { command: python(), args: [script, command, '--bootstrap', bootstrap(), ...given] }
}

/** Runs a command that must succeed; gives its lines. */
export async function librdkafka(command: string, options: PythonOptions): Promise<Line[]> {
  const output = await runOrThrow({ ...librdkafkaCommand(command, options), timeoutMs: 100_000 })
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Line => JSON.parse(line))
}
