/** Our command line under the names of Kafka's tools, and what both print brought to what is to be the same. */
import { join } from 'node:path'
import { run } from '../../bench/child.ts'
import type { Tool } from './java-tool.ts'
import type { ToolRan } from './tool-process.ts'

const command = join(import.meta.dirname, '..', '..', 'bin', 'odradek.js')
const timeoutMs = 60_000

/** Those of ours that stand for one of Kafka's here. */
const names = {
  acls: 'kafka-acls',
  leaderElection: 'kafka-leader-election',
  reassignPartitions: 'kafka-reassign-partitions',
} as const

type OwnTool = keyof typeof names

export const isOwn = (tool: Tool): tool is OwnTool => Object.hasOwn(names, tool)

export async function runOwn(tool: OwnTool, args: readonly string[]): Promise<ToolRan> {
  const { code, stdout, stderr } = await run({
    command: process.execPath,
    args: [command, names[tool], ...args],
    timeoutMs,
  })
  return { code: code ?? -1, stdout, stderr }
}

/** Of an error the tool's own words: without the traces of Java, the table of flags, and our name before what is wrong. */
export const bare = (text: string): string =>
  text
    .replace(/^Option +Description[\s\S]*/m, '')
    .split('\n')
    .filter((line) => !/^\s*(at |\.\.\. \d+ more)/.test(line))
    .filter((line) => !/^\s*(Caused by: |Suppressed: )?[a-z][\w.$]+(Exception|Error)(: |$)/.test(line))
    // Kafka's tells that in a trace.
    .filter((line) => !/--help` lists the flags|: Unknown option /.test(line))
    .map((line) => line.replace(/^odradek [\w-]+: /, ''))
    // What is wrong with a JSON is said by its parser.
    .map((line) => line.replace(/^Error: Unrecognized token .*/, 'Error: The input string is not a valid JSON'))
    .join('\n')
