/** Waits for a broker's first answer to ApiVersions v0, without help of a client library. */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ping } from '../../bench/broker.ts'

const timeoutMs = 60_000
const attemptMs = 2000
/** Size, api key 18, version 0, correlation id 1, null client id. */
const request = Buffer.from('0000000a001200000000' + '0001ffff', 'hex')
const answerSize = 10

/** Whether the broker answered without an error; a refused or closed connection is no answer. */
function attempt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let got = Buffer.alloc(0)
    const end = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(attemptMs, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      if (got.length >= answerSize) end(got.readInt16BE(8) === 0)
    })
  })
}

export const ping: Ping = async ({ port, sinceNs }) => {
  const elapsedMs = (): number => Number(process.hrtime.bigint() - sinceNs) / 1e6
  while (!(await attempt(port))) {
    if (elapsedMs() > timeoutMs) throw new Error(`no answer on port ${port} within ${timeoutMs} ms`)
    await delay(20)
  }
  return elapsedMs()
}
