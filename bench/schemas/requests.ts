/** GETs over connections that stay open, each with one request at a time, as cheap for who asks as can be: the server is what is measured. */
import { createConnection } from 'node:net'
import { hrtime } from 'node:process'

const headEnd = '\r\n\r\n'

/** A caller hands out paths until it has no more. Resolves when all are answered, with 200; rejects at the first that is not. */
function asked(port: number, next: () => string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true })
    let received = Buffer.alloc(0)
    const ask = (): void => {
      const path = next()
      if (path === undefined) socket.end(resolve)
      else
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/vnd.schemaregistry.v1+json${headEnd}`,
        )
    }
    socket.on('error', reject)
    socket.on('data', (data) => {
      received = received.length === 0 ? data : Buffer.concat([received, data])
      const end = received.indexOf(headEnd)
      if (end < 0) return
      const head = received.toString('latin1', 0, end)
      const size = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
      if (!head.startsWith('HTTP/1.1 200 ') || Number.isNaN(size)) {
        socket.destroy()
        reject(new Error(`not what was asked for: ${received.toString('utf8', 0, 500)}`))
      } else if (received.length >= end + headEnd.length + size) {
        received = Buffer.alloc(0)
        ask()
      }
    })
    socket.once('connect', ask)
  })
}

export interface Asking {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly pathOf: (i: number) => string
}

/** How many were answered, and in how many seconds. */
export async function askMany({
  port,
  connections,
  seconds,
  pathOf,
}: Asking): Promise<{ count: number; seconds: number }> {
  const beganNs = hrtime.bigint()
  const endNs = beganNs + BigInt(Math.round(seconds * 1e9))
  let count = 0
  const next = (): string | undefined => (hrtime.bigint() < endNs ? pathOf(count++) : undefined)
  await Promise.all(Array.from({ length: connections }, () => asked(port, next)))
  return { count, seconds: Number(hrtime.bigint() - beganNs) / 1e9 }
}
