/** How connections begin and end, as one table of cases over the machine's sockets and the simulated ones. */
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import type { Connection, ConnectionHandler, Listener, Network } from '../src/base/index.ts'
import { createEnv } from '../src/env/index.ts'
import { World } from '../src/sim/index.ts'
import { askVersions, frame, type Held, start } from './made-up-server.ts'

/** Two nodes: `far` listens, `near` connects. */
interface Place {
  readonly near: Network
  readonly far: Network
  readonly host: string
  readonly settle: <T>(work: Promise<T>) => Promise<T>
  /** Long enough for what is under way. */
  readonly pause: () => Promise<void>
}

const places: Readonly<Record<string, () => Place>> = {
  'the machine': () => {
    const { network, clock } = createEnv()
    const pause = (): Promise<void> => new Promise((resolve) => clock.after(50, resolve))
    return { near: network, far: network, host: '127.0.0.1', settle: (work) => work, pause }
  },
  'a simulated world': () => {
    const world = new World({ seed: 1, turn: setImmediate })
    const [{ network: near, clock }, { network: far }] = [world.env('near'), world.env('far')]
    const pause = (): Promise<void> => new Promise((resolve) => clock.after(50, resolve))
    return { near, far, host: 'far', settle: (work) => world.settle(work), pause }
  },
}

/** Keeps what it is told; `ends` says whether it wants to hear of the peer's end. */
class Side implements ConnectionHandler {
  readonly told: string[] = []
  text = ''
  connection: Connection | undefined
  readonly ended?: () => void
  readonly #buffer = Buffer.alloc(16 * 1024)
  readonly #waits: { readonly until: () => boolean; readonly resolve: () => void }[] = []

  constructor(options: { readonly ends: boolean }) {
    if (options.ends) this.ended = () => this.#tell('ended')
  }

  #tell(what: string): void {
    this.told.push(what)
    for (const { until, resolve } of this.#waits) if (until()) resolve()
  }

  receiveBuffer(): Uint8Array {
    return this.#buffer
  }

  received(size: number): void {
    this.text += this.#buffer.toString('latin1', 0, size)
    this.#tell('received')
  }

  drained(): void {
    this.#tell('drained')
  }

  closed(error?: Error): void {
    this.#tell(error === undefined ? 'closed' : 'broken')
  }

  has(until: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (until()) resolve()
      else this.#waits.push({ until, resolve })
    })
  }

  was(what: string): Promise<void> {
    return this.has(() => this.told.includes(what))
  }

  write(text: string): void {
    this.connection?.write([Buffer.from(text, 'latin1')])
  }
}

interface Pair {
  readonly near: Side
  readonly far: Side
  readonly listener: Listener
}

async function join(
  { near, far, host }: Place,
  ends: { readonly near: boolean; readonly far: boolean },
): Promise<Pair> {
  const sides = { near: new Side({ ends: ends.near }), far: new Side({ ends: ends.far }) }
  const accept = (connection: Connection): ConnectionHandler => {
    sides.far.connection = connection
    return sides.far
  }
  const listener = await far.listen({ host, port: 0, accept })
  sides.near.connection = await near.connect({ host, port: listener.port, handler: sides.near })
  return { ...sides, listener }
}

const cases: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'who has sent all still hears what comes back, until the other one ends too': async (place) => {
    const { near, far, listener } = await join(place, { near: false, far: true })
    near.write('question')
    near.connection?.end()
    await far.was('ended')
    assert.equal(far.text, 'question')
    far.write('answer')
    await near.has(() => near.text === 'answer')
    assert.ok(!near.told.includes('closed') && !far.told.includes('closed'))
    far.write(', the end')
    far.connection?.end()
    await Promise.all([near.was('closed'), far.was('closed')])
    assert.equal(near.text, 'answer, the end')
    assert.deepEqual([far.told.filter((what) => what !== 'received')], [['ended', 'closed']])
    await listener.close()
  },
  'who has connected hears of the end too, and may go on': async (place) => {
    const { near, far, listener } = await join(place, { near: true, far: true })
    far.connection?.end()
    await near.was('ended')
    near.write('still here')
    await far.has(() => far.text === 'still here')
    near.connection?.end()
    await Promise.all([near.was('closed'), far.was('closed')])
    await listener.close()
  },
  'who does not want to hear of the end ends as well, behind what it has written': async (place) => {
    const { near, far, listener } = await join(place, { near: true, far: false })
    const size = 4 * 1024 * 1024
    near.connection?.pause()
    far.connection?.write([Buffer.alloc(size, 'x')])
    far.write('y')
    near.connection?.end()
    near.connection?.resume()
    await Promise.all([near.was('closed'), far.was('closed')])
    assert.equal(near.text.length, size + 1)
    assert.ok(near.text.endsWith('xy'))
    await listener.close()
  },
  'who writes to one that is gone is told so by the next write at the latest': async (place) => {
    const { near, far, listener } = await join(place, { near: false, far: true })
    near.connection?.destroy()
    await far.was('ended')
    for (let i = 0; i < 2; i++) {
      far.write('nobody reads it')
      await place.pause()
    }
    await far.was('broken')
    await listener.close()
  },
  'what waits for one that goes away unread breaks the connection': async (place) => {
    const { near, far, listener } = await join(place, { near: false, far: true })
    near.connection?.pause()
    while (far.connection?.write([Buffer.alloc(1024 * 1024)]) === true);
    near.connection?.destroy()
    await far.was('broken')
    await listener.close()
  },
  'a connection that cannot be made leaves nothing on the signal that could give it up': async ({
    near,
    far,
    host,
  }) => {
    const { port, close } = await far.listen({ host, port: 0, accept: () => undefined })
    await close()
    const { signal } = new AbortController()
    for (const where of [host, 'name.invalid']) {
      await assert.rejects(near.connect({ host: where, port, handler: new Side({ ends: false }), signal }))
      assert.deepEqual(getEventListeners(signal, 'abort'), [], where)
    }
  },
  'once it is made it is no longer given up': async ({ near, far, host, pause }) => {
    const other = new Side({ ends: false })
    const { port, close } = await far.listen({ host, port: 0, accept: () => other })
    const control = new AbortController()
    const handler = new Side({ ends: false })
    const connection = await near.connect({ host, port, handler, signal: control.signal })
    control.abort()
    await pause()
    assert.deepEqual([...handler.told, ...other.told], [])
    connection.destroy()
    await close()
  },
  'a connection that was given up before it was begun is none': async ({ near, host }) => {
    const handler = new Side({ ends: false })
    const signal = AbortSignal.abort()
    await assert.rejects(near.connect({ host, port: 1, handler, signal }), { code: 'ABORT_ERR' })
    assert.deepEqual(handler.told, [])
  },
  'the server answers all that was asked before the end, also what comes late': async ({ near, far, host }) => {
    const held: Held = []
    const { server, port } = await start({ network: far }, held)
    const late = (id: number): Buffer => frame(184, 0, () => undefined, id)
    const asker = new Side({ ends: false })
    const connection = await near.connect({ host, port, handler: asker })
    // In the end's own turn one reply waits for its round, and the others for their answers.
    connection.write([askVersions(1), late(2), late(3)])
    connection.end()
    await asker.was('received')
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(!asker.told.includes('closed'))
    for (const { answer } of held) answer()
    await asker.was('closed')
    assert.ok(asker.text.endsWith('\0\0\0\x08\0\0\0\x02\0\0\0\x02\0\0\0\x08\0\0\0\x03\0\0\0\x03'))
    await server.close()
  },
}

for (const [name, make] of Object.entries(places)) {
  for (const [what, run] of Object.entries(cases)) {
    test(`${name}: ${what}`, { timeout: 20_000 }, () => {
      const place = make()
      return place.settle(run(place))
    })
  }
}
