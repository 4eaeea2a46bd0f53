/** Who may import whom, and only by the door: `index.ts` of the other room. Tests may look anywhere. */
import { isTest, type Module, type Offence, roomOf } from './modules.ts'

/** The rooms of the data path and of control, each may import those named; `base` is open to all. */
const dataRooms = ['base', 'protocol', 'records', 'config', 'log', 'raft', 'metadata', 'coordinator', 'security']
const serverRooms = [...dataRooms, 'peer', 'replication']
const nodeRooms = [...serverRooms, 'server']

const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  records: ['base', 'protocol'],
  config: ['base'],
  log: ['base', 'protocol', 'records', 'config'],
  raft: ['base', 'protocol', 'records', 'config'],
  metadata: ['base', 'protocol', 'config'],
  coordinator: ['base', 'protocol', 'records', 'config', 'metadata'],
  security: ['base', 'protocol', 'config', 'metadata'],
  peer: ['base', 'protocol', 'security'],
  replication: ['base', 'protocol', 'records', 'config', 'log', 'metadata', 'peer'],
  server: serverRooms,
  node: nodeRooms,
  client: ['base', 'protocol', 'records', 'peer', 'security'],
  registry: ['base', 'client'],
  console: ['base', 'client', 'registry'],
  env: ['base'],
  stack: ['base', 'node', 'client', 'registry', 'console', 'env'],
  sim: ['base', 'protocol', 'records', 'log', 'config', 'node', 'client'],
  testing: ['base', 'stack', 'client', 'sim'],
  cli: [...nodeRooms, 'node', 'client', 'registry', 'console', 'env', 'stack', 'sim', 'testing'],
}

/** Files that may import more than their room: the shells of `raft`, which keep its log and its files on the disk. */
const mayImportMore: Readonly<Record<string, readonly string[]>> = {
  'src/raft/answer-reads.ts': ['log'],
  'src/raft/committed-bound.ts': ['log'],
  'src/raft/driver.ts': ['log'],
  'src/raft/driver-options.ts': ['log'],
  'src/raft/log-bounds.ts': ['log'],
  'src/raft/logged-records.ts': ['log'],
  'src/raft/opening.ts': ['log'],
  'src/raft/snapshot-download.ts': ['log'],
  'src/raft/snapshot-files.ts': ['log'],
  'src/raft/snapshot-keeper.ts': ['log'],
  'src/raft/vote-file.ts': ['log'],
}

export function roomOffences(modules: readonly Module[]): Offence[] {
  const offences: Offence[] = []
  for (const { path, imports } of modules) {
    const room = roomOf(path)
    if (room === undefined || isTest(path)) continue
    const allowed = mayImport[room]
    if (allowed === undefined) {
      offences.push({ path, line: 1, message: `room '${room}' is not in the table` })
      continue
    }
    for (const { target, specifier, line } of imports) {
      if (target === undefined) continue
      const other = roomOf(target)
      if (other === room) continue
      if (other === undefined) {
        if (target !== 'package.json') offences.push({ path, line, message: `${specifier} lies outside src` })
      } else if (!allowed.includes(other) && !mayImportMore[path]?.includes(other)) {
        offences.push({ path, line, message: `'${room}' may not import '${other}'` })
      } else if (target !== `src/${other}/index.ts`) {
        offences.push({ path, line, message: `${specifier} goes past the door of '${other}', which is its index.ts` })
      }
    }
  }
  return offences
}
