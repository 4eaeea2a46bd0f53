/**
 * Kafka's own assignors of the server as a program: `java/Assignors.java`, compiled where there is a javac. Where there is
 * only a Java runtime, the jar beside it, which carries the hash of its source in its name; `UPDATE=1` makes it anew.
 */
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import { kafkaJars } from '../../bench/kafka.ts'
import { cache } from '../../bench/paths.ts'
import type { Changes, Story } from '../golden/assignor-story.ts'

/** Before 19 a copy of a HashSet of 12, 24, 48 ... elements was twice as large, and in another order. */
export const assignorsJavaMajorMin = 19

const folder = join(import.meta.dirname, 'java')
const source = join(folder, 'Assignors.java')
const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)
export const shippedJar = join(folder, `assignors-${hash}.jar`)
const classes = join(cache, `assignors-${hash}`)

async function hasCompiler(): Promise<boolean> {
  try {
    return (await run({ command: 'javac', args: ['-version'], timeoutMs: 20_000 })).code === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function program(libraries: string): Promise<string> {
  if (!(await hasCompiler())) return shippedJar
  mkdirSync(classes, { recursive: true })
  const args = ['--release', '17', '-cp', libraries, '-d', classes, source]
  await runOrThrow({ command: 'javac', args, timeoutMs: 60_000 })
  return classes
}

/** Of what was compiled here. */
export async function shipJar(): Promise<void> {
  for (const old of globSync('assignors-*.jar', { cwd: folder })) rmSync(join(folder, old))
  const args = ['--create', '--date=2026-01-01T00:00:00Z', '--file', shippedJar, '-C', classes, '.']
  await runOrThrow({ command: 'jar', args, timeoutMs: 60_000 })
}

/** Kafka's assignments for each story. */
export async function tellByKafka(stories: readonly Story[]): Promise<Changes[][]> {
  const libraries = join(await kafkaJars(), '*')
  const classPath = [await program(libraries), libraries].join(delimiter)
  const output = await runOrThrow({
    command: await javaCommand(assignorsJavaMajorMin),
    args: ['-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'Assignors'],
    input: stories.map((story) => `${JSON.stringify(story)}\n`).join(''),
    timeoutMs: 120_000,
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line): Changes[] => JSON.parse(line))
}
