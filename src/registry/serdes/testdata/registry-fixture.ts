/** A server that answers as a test says, and keeps what it was asked. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'

export interface Asked {
  /** `GET /subjects/a/versions/1` */
  readonly what: string
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
}

/** Text is sent as it is; `hang` never answers, and `drop` ends the connection. */
export type Answer =
  | { readonly status?: number; readonly body: unknown }
  | { readonly status?: number; readonly text: string }
  | 'hang'
  | 'drop'

export interface FakeRegistry extends AsyncDisposable {
  readonly url: string
  readonly asked: Asked[]
}

export async function fakeRegistry(answer: (asked: Asked) => Answer): Promise<FakeRegistry> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const one = {
      what: `${request.method} ${request.url}`,
      body: text === '' ? undefined : JSON.parse(text),
      headers: request.headers,
    }
    asked.push(one)
    const given = answer(one)
    if (given === 'drop') request.socket.destroy()
    else if (given !== 'hang') {
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json' })
      response.end('text' in given ? given.text : JSON.stringify(given.body))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const portOf = (address: ReturnType<Server['address']>): number =>
  typeof address === 'object' && address !== null ? address.port : 0
