/** Apache Avro's own classes as a program: `java/AvroSchemas.java`. */
import { runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import { JavaProgram } from './java-program.ts'
import { avroJars } from './kit.ts'

/** Before 19 some numbers were written with more digits than they need. */
const javaMajorMin = 19

export const avroSchemas = new JavaProgram('AvroSchemas', avroJars)

export interface Question {
  readonly text?: string
  readonly references?: readonly string[]
  readonly reader?: string
  readonly writer?: string
}

export interface Answer {
  readonly error?: string
  readonly canonical?: string
  readonly compatible?: boolean
  /** Of each incompatibility its kind, its place, and its detail. */
  readonly found?: readonly (readonly string[])[]
}

export async function askAvro(questions: readonly Question[]): Promise<readonly Answer[]> {
  const classPath = await avroSchemas.classPath()
  const output = await runOrThrow({
    command: await javaCommand(javaMajorMin),
    args: ['-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, avroSchemas.name],
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    timeoutMs: 120_000,
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line): Answer => JSON.parse(line))
}
