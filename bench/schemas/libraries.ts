/** The libraries of serdes that are measured side by side: which are there, and a job for one of them in a process of its own. */
import { join } from 'node:path'
import { runOrThrow } from '../child.ts'
import type { ClientName } from '../clients/clients.ts'
import { missing } from '../clients/packages.ts'
import { root } from '../paths.ts'
import type { Job } from './run.ts'

/** Called as the clients of the same houses are. */
const packages = {
  odradek: undefined,
  kafkajs: '@kafkajs/confluent-schema-registry',
  confluent: '@confluentinc/schemaregistry',
} as const satisfies Partial<Record<ClientName, string | undefined>>

export type LibraryName = keyof typeof packages

export const names: readonly LibraryName[] = ['odradek', 'kafkajs', 'confluent']

const program = join(root, 'bench', 'schemas', 'run.ts')
const jobMsMax = 60_000

/** Of one that is not there nothing is measured, and it is said why. */
export function installedLibraries(): readonly LibraryName[] {
  return names.filter((name) => {
    const why = name === 'odradek' ? undefined : missing(packages[name])
    if (why !== undefined) process.stderr.write(`    ${packages[name]} is not installed: ${why}\n`)
    return why === undefined
  })
}

export type Costs = Readonly<Record<'encodePerSecond' | 'encodeCpuUs' | 'decodePerSecond' | 'decodeCpuUs', number>>

/** Throws where values do not come back as they were. */
export async function runLibrary(name: LibraryName, job: Job): Promise<Costs> {
  const args = [program, name, JSON.stringify(job)]
  const costs: Costs = JSON.parse(await runOrThrow({ command: process.execPath, args, timeoutMs: jobMsMax }))
  return costs
}
