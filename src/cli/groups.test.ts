import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { Wire } from '../../test/wire.ts'
import { createEnv } from '../env/index.ts'
import type { Node } from '../node/index.ts'
import { ErrorCode, findCoordinator, joinGroup, leaveGroup } from '../protocol/index.ts'
import { layered, startServer, testDefaults } from '../stack/index.ts'
import { Run } from './testdata/run.ts'

/** A group whose name is no plain path, with one member that came and left. */
const groupId = 'a/b ?%'

async function makeGroup(node: Node): Promise<void> {
  const port = node.listeners.find(({ listener }) => listener === 'PLAINTEXT')?.port ?? 0
  const wire = await Wire.connect(createEnv().network, '127.0.0.1', port)
  for (let code: number | undefined; code !== ErrorCode.NONE; ) {
    const found = await wire.call(findCoordinator, { keyType: 0, coordinatorKeys: [groupId] })
    code = found.coordinators[0]?.errorCode
  }
  const protocols = [{ name: 'range', metadata: Buffer.alloc(4) }]
  const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 }
  const member = await wire.call(joinGroup, { groupId, ...times, protocolType: 'consumer', protocols }, 3)
  assert.equal(member.errorCode, ErrorCode.NONE)
  const left = await wire.call(
    leaveGroup,
    { groupId, members: [{ memberId: member.memberId, reason: 'a\u001b[2Jb' }] },
    5,
  )
  assert.equal(left.members[0]?.errorCode, ErrorCode.NONE)
  wire.destroy()
}

async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

describe('odradek groups why', () => {
  let node: Node | undefined
  let address = ''
  before(async () => {
    const lines: string[] = []
    node = await startServer({
      texts: layered(testDefaults, { 'odradek.metrics.listener': '127.0.0.1:0' }),
      formatsEmpty: true,
      write: (line) => void lines.push(line),
    })
    address = /url=http:\/\/(\S+)\/metrics/.exec(lines.join(''))?.[1] ?? ''
    await makeGroup(node)
  })
  after(() => node?.stop())

  const why = async (...args: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const run = new Run(['groups', ...args], tmpdir())
    return { code: await run.ended, output: run.output }
  }

  it('tells people in a table, in words that no client can make control the terminal', async () => {
    const { code, output } = await why('why', groupId, '--http', address)
    assert.equal(code, 0)
    const [head, ...rows] = output.trimEnd().split('\n')
    assert.match(head ?? '', /^TIME {22}EPOCH {2}WHAT$/)
    const said = [
      /Z {2}0 {6}rebalances after generation 0 with 1 member: member \S+ \(client .* at \/127\.0\.0\.1\) joined$/,
      /Z {2}1 {6}begins generation 1 with 1 member after \d+ ms: protocol range, leader \S+$/,
      /Z {2}1 {6}removes member .*: it left \("a\?\[2Jb"\)$/,
      /Z {2}1 {6}rebalances after generation 1 with 0 members: member \S+ was removed$/,
      /Z {2}2 {6}has no members in generation 2$/,
    ]
    assert.equal(rows.length, said.length, output)
    for (const [i, pattern] of said.entries()) assert.match(rows[i] ?? '', pattern)
  })

  it('tells programs in JSON', async () => {
    const { code, output } = await why('why', groupId, '--json', '--http', address)
    assert.equal(code, 0)
    const told = JSON.parse(output)
    assert.equal(told.groupId, groupId)
    const removal = told.events[2]
    assert.equal(removal.change.kind, 'removal')
    assert.deepEqual(removal.change.cause, { kind: 'left', reason: 'a\u001b[2Jb' })
    assert.ok(Math.abs(Date.now() - removal.timestampMs) < 3_600_000)
  })

  it('asks one node after the other, and says of each why it has no answer', async () => {
    const nobody = await closedAddress()
    const found = await why('why', 'other', '--http', nobody, '--http', address)
    assert.equal(found.code, 1)
    const nothing =
      /^odradek groups why: there is no group other, and nothing is known to have happened to one since \S+Z, when this node loaded partition \d+ of __consumer_offsets\n$/
    assert.match(found.output, nothing)
    assert.match((await why('why', 'other', '--http', `http://${address}/`)).output, nothing)
    const asData = await why('why', 'other', '--json', '--http', address)
    assert.equal(asData.code, 1)
    const lines = asData.output.trimEnd().split('\n')
    assert.equal(lines.length, 2)
    assert.ok(lines.some((line) => nothing.test(`${line}\n`)))
    const data = lines.find((line) => line.startsWith('{'))
    assert.deepEqual(JSON.parse(data ?? '').events, [])
    const notOne = await why('why', 'other', '--http', `${address}/metrics`)
    assert.deepEqual(notOne, {
      code: 1,
      output: `odradek groups why: ${address}/metrics is not an address, host:port\n`,
    })
    const failed = await why('why', groupId, '--http', nobody)
    assert.equal(failed.code, 1)
    assert.match(failed.output, /^odradek groups why: 127\.0\.0\.1:\d+: .*ECONNREFUSED.*odradek\.metrics\.listener$/m)
  })

  it('a wrong command line is an error of usage', async () => {
    for (const args of [[], ['dance'], ['why'], ['why', 'a', 'b'], ['why', 'a', '--wink']]) {
      const { code, output } = await why(...args)
      assert.equal(code, 2, args.join(' '))
      assert.match(output, /^odradek groups: .*\nodradek groups: `odradek groups --help` lists the flags\n$/s)
    }
    assert.match((await why('why', '--help')).output, /^Usage: odradek groups why GROUP/)
  })
})
