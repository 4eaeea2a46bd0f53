/** Row R2 as it was measured: five thousand idle connections. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { mebibyte, Victim } from './resources-world.ts'

test('R2 five thousand idle connections', { timeout: 60_000 }, async (context) => {
  const victim = await Victim.start()
  const sockets: Socket[] = []
  const { grownBytes } = await victim.during(async () => {
    for (let i = 0; i < 10; i++) sockets.push(...(await victim.sockets(500)))
    await victim.untilConnections(5000)
  })
  context.diagnostic(`${Math.round(grownBytes / 5000)} bytes a connection`)
  assert.ok(grownBytes < 256 * mebibyte, `${grownBytes} bytes`)
  for (const socket of sockets) socket.destroy()
  await victim.stop()
})
