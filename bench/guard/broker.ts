/** Odradek in this process, over a clock that stands still and a network without sockets, on a directory of the machine. */
import { createEnv } from '../../src/env/index.ts'
import { BrokerConfig, formatStorage, jobsUrl, Node } from '../../src/node/index.ts'
import type { Api, Fields, Infer } from '../../src/protocol/index.ts'
import { SeededRandom } from '../../src/sim/index.ts'
import { layered, testDefaults } from '../../src/stack/index.ts'
import { readReply, requestFrame } from '../../test/wire.ts'
import { type NetworkMachine, type ScriptedConnection, ScriptedNetwork } from './scripted-network.ts'
import { StillClock } from './still-clock.ts'

const port = 19_092
const clusterId = '5L6g3nShT-eMCtK--X86sw'

export type Ask = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  request: Parameters<Api<Q, S>['request']['create']>[0],
  version?: number,
) => Promise<Infer<S>>

export class GuardedBroker {
  readonly clock: StillClock
  readonly #network: ScriptedNetwork
  readonly #node: Node

  private constructor(clock: StillClock, network: ScriptedNetwork, node: Node) {
    this.clock = clock
    this.#network = network
    this.#node = node
  }

  static async start(folder: string, counting: NetworkMachine): Promise<GuardedBroker> {
    const machine = createEnv({ level: 'error', jobsUrl })
    const clock = new StillClock({
      later: counting.later,
      afterDrain: (then) => machine.clock.afterDrain(then),
      armed: () => counting.count('timers', 0),
    })
    const network = new ScriptedNetwork(counting)
    const env = { ...machine, clock, network, random: new SeededRandom('guard') }
    const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`
    const config = BrokerConfig.parse(layered(testDefaults, { listeners, 'log.dirs': folder }))
    await formatStorage({ ...env, config, options: { clusterId }, print: () => undefined })
    const node = await clock.during(Node.start({ env, config, hostName: 'guard' }))
    return new GuardedBroker(clock, network, node)
  }

  connect(): ScriptedConnection {
    return this.#network.open(port)
  }

  /** One request and its reply, by a connection of its own. */
  readonly ask: Ask = async (api, request, version = api.versions[1]) => {
    const connection = this.connect()
    const [frame] = await this.clock.during(replies(connection, requestFrame(api, { version, request }), 1))
    if (frame === undefined) throw new Error(`no reply to ${api.name}`)
    return readReply(api, frame, version)
  }

  async stop(): Promise<void> {
    await this.clock.during(this.#node.stop())
  }
}

/** Sends so many requests together and resolves with the bodies of the replies. */
export function replies(connection: ScriptedConnection, bytes: Buffer, requests: number): Promise<readonly Buffer[]> {
  return new Promise((resolve) => {
    connection.kept = []
    let left = requests
    connection.replied = () => {
      if (--left > 0) return
      const bodies = framesOf(Buffer.concat(connection.kept ?? []))
      connection.kept = undefined
      resolve(bodies)
    }
    connection.deliver(bytes)
  })
}

function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at)
    frames.push(bytes.subarray(at + 4, end))
    at = end
  }
  return frames
}
