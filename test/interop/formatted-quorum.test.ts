/**
 * Apache Kafka's controllers on directories that Odradek and Kafka have formatted: three that are the first voters elect a
 * leader, and one that was formatted to come later is added to them (KIP-853).
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Broker, freePort } from '../../bench/broker.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, runFolder, until } from './kit.ts'
import { call, type Formatter, file, type Place, placeOf } from './storage-calls.ts'

const clusterId = '5L6g3nShT-eMCtK--X86sw'
const directoryIds = ['VoEPiV_bS93gjjoJDBD-DA', 'WoEPiV_bS93gjjoJDBD-DA', 'XoEPiV_bS93gjjoJDBD-DA']
const formatters: readonly Formatter[] = ['odradek', 'kafka', 'odradek', 'odradek']

interface Controller {
  readonly place: Place
  readonly port: number
}

async function controllers(): Promise<readonly Controller[]> {
  const folder = join(runFolder('formatted'), 'quorum')
  mkdirSync(folder, { recursive: true })
  const ports: number[] = []
  for (const _ of formatters) ports.push(await freePort())
  return ports.map((port, index) => {
    const config = `process.roles=controller
node.id=${index + 1}
listeners=CONTROLLER://127.0.0.1:${port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:${ports[0]}
log.dirs=DATA
`
    return { place: placeOf(join(folder, `${index + 1}`), config), port }
  })
}

async function format({ place }: Controller, formatter: Formatter, flags: readonly string[]): Promise<void> {
  const ran = await call(formatter, ['format', '-t', clusterId, '-c', file, ...flags], place)
  assert.equal(ran.code, 0, ran.stderr)
}

/** Does not wait for an answer: there is none before there is a leader. */
const start = ({ place, port }: Controller): Promise<Broker> =>
  takeOverByKafka(() => Promise.resolve(0), { port, file: place.file, logFile: join(place.folder, 'server.log') })

/** The line of voters that Kafka's tool prints; nothing while there is no leader. */
async function voters(port: number): Promise<string> {
  const args = ['--bootstrap-controller', `127.0.0.1:${port}`, 'describe', '--status']
  const status = await runTool('metadataQuorum', args, { timeoutMs: 90_000 }).catch(() => '')
  const [, line = ''] = /^LeaderId:\s+[123]$[\s\S]*^CurrentVoters:(.*)$/m.exec(status) ?? []
  return line
}

describe("a quorum of Kafka's controllers", { skip: isShortRun ? 'in the full run only' : false }, () => {
  test('forms on directories that Odradek formatted beside Kafka, and takes another one', {
    timeout: 300_000,
  }, async () => {
    const all = await controllers()
    const list = directoryIds.map((id, index) => `${index + 1}@127.0.0.1:${all[index]?.port}:${id}`).join(',')
    for (const [index, formatter] of formatters.entries()) {
      const flags = index < directoryIds.length ? ['--initial-controllers', list] : ['--no-initial-controllers']
      const controller = all[index]
      assert.ok(controller)
      await format(controller, formatter, flags)
    }
    const started: Broker[] = []
    try {
      for (const controller of all) started.push(await start(controller))
      const [first, last] = [all[0], all[3]]
      assert.ok(first && last)
      let before = ''
      await until({
        what: 'a leader is elected',
        timeoutMs: 120_000,
        condition: async () => {
          before = await voters(first.port)
          return before !== ''
        },
      })
      for (const [index, id] of directoryIds.entries()) {
        assert.ok(
          before.includes(`{"id": ${index + 1}, "directoryId": "${id}", "endpoints": ["CONTROLLER://127.0.0.1:`),
          before,
        )
      }
      assert.ok(!before.includes('"id": 4'), before)
      await until({ what: 'the fourth is added', timeoutMs: 120_000, condition: () => add(first, last) })
      assert.match(await voters(first.port), /"id": 4/)
    } finally {
      await Promise.all(started.map((it) => it.stop()))
    }
  })
})

/** Whether it is a voter now; before it has caught up with the leader, it is refused. */
async function add({ port }: Controller, { place }: Controller): Promise<boolean> {
  const args = ['--command-config', place.file, '--bootstrap-controller', `127.0.0.1:${port}`, 'add-controller']
  await runTool('metadataQuorum', args).catch(() => '')
  return (await voters(port)).includes('"id": 4')
}
