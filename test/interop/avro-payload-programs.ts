/** Others who write and read payloads of Avro: Apache Avro in Java (`avro/AvroPayloads.java`), and fastavro in Python (`avro-payloads.py`). */
import { join } from 'node:path'
import { runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import type { Exact } from './avro-exact.ts'
import { JavaProgram } from './java-program.ts'
import { avroJars, python } from './kit.ts'

export const avroPayloads = new JavaProgram('AvroPayloads', avroJars, join(import.meta.dirname, 'avro'))

const timeoutMs = 120_000

/** What is to be written and, where another schema is named, read by it; or what is to be read. Payloads are hexadecimal. */
export interface Question {
  readonly schema: string
  readonly values?: readonly Exact[]
  /** For Java. */
  readonly reader?: string
  readonly payloads?: readonly string[]
  /** For Python, of payloads: the values that are hoped for tell the branches of unions. */
  readonly like?: readonly Exact[]
}

interface Answer {
  readonly error?: string
  readonly payloads?: readonly string[]
  /** By Java: with arrays and maps in several blocks that tell their sizes. */
  readonly blocks?: readonly string[]
  readonly read?: readonly (readonly [Exact] | { readonly error: string })[]
}

async function asked(program: (input: string) => Promise<string>, questions: readonly Question[]) {
  const output = await program(questions.map((question) => `${JSON.stringify(question)}\n`).join(''))
  const lines = output.trimEnd().split('\n')
  return lines.map((line): Answer => JSON.parse(line))
}

/** Compiled once for all questions. */
let classPath: Promise<string> | undefined

async function java(input: string): Promise<string> {
  classPath ??= avroPayloads.classPath()
  const args = ['-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp']
  const place = [await classPath, avroPayloads.name]
  return runOrThrow({ command: await javaCommand(), args: [...args, ...place], input, timeoutMs })
}

function fastavro(input: string): Promise<string> {
  const args = [join(import.meta.dirname, 'avro-payloads.py')]
  return runOrThrow({ command: python(), args, input, timeoutMs })
}

export const askJava = (questions: readonly Question[]) => asked(java, questions)
export const askFastavro = (questions: readonly Question[]) => asked(fastavro, questions)
