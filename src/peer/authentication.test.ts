import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../protocol/index.ts'
import { authenticate } from './authentication.ts'
import { AuthenticationError } from './index.ts'
import { sessionStage } from './testdata/session-stage.ts'

const [versions, handshake, token, question] = [18, 17, 36, 3]

test('a mechanism is named, its message is answered, and then questions are asked', async () => {
  const said: string[] = []
  const { world, ask, keys, requests } = await sessionStage({
    letIn: (text) => {
      said.push(text)
      return {}
    },
  })
  await world.settle(Promise.all([ask(), ask()]))
  assert.deepEqual(said, ['secret'])
  assert.deepEqual(keys(0), [versions, handshake, token, question, question])
  assert.equal(requests.find(({ key }) => key === handshake)?.version, 1)
})

test('who is not let in is told what the server says, and so are all that wait', async () => {
  const told = 'Authentication failed: Invalid username or password'
  const { world, ask, keys } = await sessionStage({
    letIn: () => ({ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: told }),
  })
  const refused = (error: unknown): boolean => {
    assert.ok(error instanceof AuthenticationError)
    assert.equal(error.message, `b:9092: ${told}`)
    assert.equal(error.failure, 'authentication')
    assert.equal(error.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED)
    assert.equal(error.wasSent, false)
    return true
  }
  await world.settle(Promise.all([assert.rejects(ask(), refused), assert.rejects(ask(), refused)]))
  assert.deepEqual(keys(0), [versions, handshake, token])
  assert.deepEqual(keys(1), [], 'nobody asks any more, and nobody tries again')
})

test('a mechanism that is not served is told with those that are', async () => {
  const { world, ask } = await sessionStage({ mechanisms: ['SCRAM-SHA-256', 'GSSAPI'] })
  await world.settle(
    assert.rejects(ask(), {
      message: 'b:9092: PLAIN is not served there, but SCRAM-SHA-256, GSSAPI',
      errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
    }),
  )
})

test('what those who wait are told is what the owner makes of it', async () => {
  const { world, ask } = await sessionStage({
    mechanisms: [],
    peers: { refusal: ({ message }) => new RangeError(`mine: ${message}`) },
  })
  await world.settle(assert.rejects(ask(), RangeError))
})

test('a conversation has an end', async () => {
  const { world, peer } = await sessionStage()
  const endless = async (exchange: (message: Uint8Array) => Promise<Uint8Array>): Promise<void> => {
    for (;;) await exchange(Buffer.from('more'))
  }
  const talking = authenticate(peer, { mechanism: 'PLAIN', client: endless, timeoutMs: 1000 })
  await world.settle(assert.rejects(talking, /PLAIN does not come to an end/))
})

test('what a mechanism throws is told, with its cause', async () => {
  const { world, peer } = await sessionStage()
  const cause = new Error('no token could be fetched')
  const client = (): Promise<void> => Promise.reject(cause)
  const talking = authenticate(peer, { mechanism: 'PLAIN', client, timeoutMs: 1000 })
  await world.settle(assert.rejects(talking, { message: 'no token could be fetched', cause }))
})

test('a session is renewed before it ends; what is in flight is answered first, what comes meanwhile waits, nothing is lost', async () => {
  let letIn = 0
  const { world, ask, keys, requests } = await sessionStage({
    letIn: () => {
      letIn++
      return { sessionLifetimeMs: 1000 }
    },
    answerAfterMs: 20,
  })
  const work = async (): Promise<number[]> => {
    const took: Promise<number>[] = []
    for (let i = 0; i < 500; i++) {
      took.push(ask(500))
      await new Promise<void>((resolve) => world.after(10, resolve))
    }
    return Promise.all(took)
  }
  const took = await world.settle(work())
  assert.equal(took.length, 500)
  assert.ok(Math.max(...took) < 200, String(Math.max(...took)))
  assert.equal(new Set(requests.map(({ connection }) => connection)).size, 1)
  // Within 5 seconds, each time after 850 to 950 ms.
  assert.equal(letIn, 6)
  const order = keys(0)
  order.forEach((key, i) => {
    if (key === handshake) assert.equal(order[i + 1], token)
  })
})

for (const [what, options] of [
  ['says that it lasts', { letIn: () => ({ sessionLifetimeMs: 0 }) }],
  ['has no word for how long it lasts', { letIn: () => ({ sessionLifetimeMs: 1000 }), authenticateMax: 0 }],
] as const) {
  test(`a session of which the server ${what} is not renewed`, async () => {
    const { world, ask, keys, open } = await sessionStage(options)
    await world.settle(ask())
    await world.run(world.nowMs + 3_600_000)
    await world.settle(ask())
    assert.deepEqual(keys(0), [versions, handshake, token, question, question])
    assert.equal(open(), 1)
  })
}

test('a session that is not renewed is over: who waits is told, what is asked later is let in again', async () => {
  let isLetIn = true
  const { world, ask, open } = await sessionStage({
    letIn: () => (isLetIn ? { sessionLifetimeMs: 1000 } : { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED }),
  })
  await world.settle(ask())
  isLetIn = false
  await world.run(world.nowMs + 2000)
  assert.equal(open(), 0)
  await world.settle(assert.rejects(ask(), AuthenticationError))
  isLetIn = true
  await world.settle(ask())
})

test('a renewal that is not answered ends the connection; what waited goes on the next one', async () => {
  let isSilent = false
  const { world, ask, open, keys } = await sessionStage({
    letIn: () => (isSilent ? undefined : { sessionLifetimeMs: 1000 }),
  })
  await world.settle(ask())
  isSilent = true
  await world.run(world.nowMs + 960)
  const asked = ask()
  isSilent = false
  const took = await world.settle(asked)
  assert.ok(took > 800 && took < 1200, String(took))
  assert.equal(open(), 1)
  assert.deepEqual(keys(1), [versions, handshake, token, question])
})

test('a server that does not know SASL at all is told as one that does not expect it', async () => {
  const { world, ask } = await sessionStage({ knowsSasl: false })
  await world.settle(
    assert.rejects(ask(), {
      name: 'AuthenticationError',
      errorCode: ErrorCode.ILLEGAL_SASL_STATE,
      message: /SaslHandshake/,
    }),
  )
})
