/** The quickstart of Kafka 4: no voters in the configuration, `format --standalone`. Both format, both take their turn. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Broker, prepare } from '../../bench/broker.ts'
import { runOrThrow } from '../../bench/child.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { root } from '../../bench/paths.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { against, bootstrapVariable, isShortRun, runFolder } from './kit.ts'
import { ping } from './ping.ts'

const directoryId = 'VoEPiV_bS93gjjoJDBD-DA'
const clusterId = '5L6g3nShT-eMCtK--X86sw'
const formatters = {
  odradek: (args: string[]) =>
    runOrThrow({
      command: process.execPath,
      args: [join(root, 'bin', 'odradek.js'), 'format', ...args],
      timeoutMs: 60_000,
    }),
  kafka: (args: string[]) => runTool('storage', ['format', ...args]),
}

/** By which flags, and who takes which turn. */
const ways = [
  {
    flags: () => ['--standalone'],
    voter: /CurrentVoters:.*"directoryId": ?"(?!A{22})/,
    turns: [takeOverByOdradek, takeOverByKafka, takeOverByOdradek, takeOverByKafka],
  },
  {
    flags: (controller: string) => ['--initial-controllers', `1@${controller}:${directoryId}`],
    voter: new RegExp(`CurrentVoters:.*"directoryId": ?"${directoryId}"`),
    turns: [takeOverByKafka, takeOverByOdradek, takeOverByKafka],
  },
]

describe('a dynamic quorum of one', { skip: isShortRun ? 'in the full run only' : false }, () => {
  for (const [name, format] of Object.entries(formatters)) {
    for (const { flags, voter, turns } of ways) {
      test(`formatted by ${name} with ${flags('')[0]}, each goes on where the other stopped`, async () => {
        const place = await prepare({ folder: join(runFolder(against), `dynamic-${name}`) })
        const text = readFileSync(place.file, 'utf8')
        const [, controller = ''] = /^controller\.quorum\.voters=1@(.*)$/m.exec(text) ?? []
        writeFileSync(place.file, text.replace('controller.quorum.voters=1@', 'controller.quorum.bootstrap.servers='))
        await format([...flags(controller), '-t', clusterId, '-c', place.file])
        const values: string[] = []
        for (const takeOver of turns) await takeTurn(await takeOver(ping, place), values, voter)
      })
    }
  }
})

/** Each reads what all before have written. */
async function takeTurn(broker: Broker, values: string[], voter: RegExp): Promise<void> {
  try {
    const value = `${values.length} by ${broker.name}`
    values.push(value)
    process.env[bootstrapVariable] = broker.bootstrap
    await kcat(['-P', '-t', 'turns'], `${value}\n`)
    const read = await kcat(['-C', '-t', 'turns', '-o', 'beginning', '-e', '-q'])
    assert.deepEqual(read.trimEnd().split('\n'), values)
    const quorum = await runTool('metadataQuorum', ['--bootstrap-server', broker.bootstrap, 'describe', '--status'])
    assert.match(quorum, /LeaderId:\s+1\b/)
    assert.match(quorum, voter)
  } finally {
    await broker.stop()
  }
}
