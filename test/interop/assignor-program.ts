/** Kafka's own assignors of the server as a program: `java/Assignors.java`. */
import { runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import type { Changes, Story } from '../golden/assignor-story.ts'
import { JavaProgram } from './java-program.ts'

/** Before 19 a copy of a HashSet of 12, 24, 48 ... elements was twice as large, and in another order. */
export const assignorsJavaMajorMin = 19

export const assignors = new JavaProgram('Assignors')

/** Kafka's assignments for each story. */
export async function tellByKafka(stories: readonly Story[]): Promise<Changes[][]> {
  const classPath = await assignors.classPath()
  const output = await runOrThrow({
    command: await javaCommand(assignorsJavaMajorMin),
    args: ['-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, assignors.name],
    input: stories.map((story) => `${JSON.stringify(story)}\n`).join(''),
    timeoutMs: 120_000,
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line): Changes[] => JSON.parse(line))
}
