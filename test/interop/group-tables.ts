/** What `kafka-consumer-groups` prints of groups: tables, of which the order of the rows says nothing. */
import { runTool } from './java-tool.ts'
import { bootstrap } from './kit.ts'

export const groupsTool = (args: readonly string[]): Promise<string> =>
  runTool('consumerGroups', ['--bootstrap-server', bootstrap(), ...args])

/** Lines with one space between columns, sorted. */
export function rowsOf(table: string): string[] {
  return table
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '')
    .sort()
}

const tables = {
  list: ['--list', '--state', '--type'],
  offsets: ['--describe', '--all-groups', '--verbose', '--offsets'],
  members: ['--describe', '--all-groups', '--verbose', '--members'],
  state: ['--describe', '--all-groups', '--verbose', '--state'],
}

/** All that the tool can tell of all groups. */
export async function groupTables(): Promise<Record<string, string[]>> {
  const named = Object.entries(tables).map(async ([name, args]) => [name, rowsOf(await groupsTool(args))] as const)
  return Object.fromEntries(await Promise.all(named))
}
