/**
 * The schema registry that runs in a node, where `odradek.registry.listeners` says so. It keeps its schemas in the cluster of the node, which
 * it reaches as any client does, and is ended before the node is.
 */
import { type Env, isAllAddresses, present } from '../base/index.ts'
import type { Node, RegistryConfig } from '../node/index.ts'
import type { RunningRegistry } from '../registry/index.ts'
import { startConfiguredRegistry } from './configured-registry.ts'
import { ListenError } from './listen-error.ts'

const retryMsMin = 1000
const retryMsMax = 30_000
/** Where other brokers do not answer, the node leaves all the same. */
const endMsMax = 1000

/** Rejects with what `startConfiguredRegistry` does. */
export async function startNodeRegistry(
  node: Node,
  config: RegistryConfig,
  { env, stopWanted }: { readonly env: Env; readonly stopWanted?: AbortSignal },
): Promise<RunningRegistry> {
  const { host, port } = present(node.interBrokerListener, 'a listener of the broker')
  const address = isAllAddresses(host) ? '127.0.0.1' : host
  const kafka = { bootstrapServers: `${address.includes(':') ? `[${address}]` : address}:${port}` }
  return startConfiguredRegistry(config, { env, kafka, ...(stopWanted && { stopWanted }) })
}

/**
 * In the background, for as long as the node runs: a broker that others need does not end for its registry, and the port, or the other
 * brokers, may come later. Resolves when it is there, or the node stops.
 */
export async function keepNodeRegistry(node: Node, config: RegistryConfig, env: Env): Promise<void> {
  const ending = new AbortController()
  const kept = keep(node, config, { env, stopWanted: ending.signal })
  node.beforeLeaving(async () => {
    ending.abort(new Error('the node stops'))
    const stopped = kept.then((registry) => registry?.stop())
    const late = new AbortController()
    await Promise.race([stopped, rest(env, endMsMax, late.signal)])
    late.abort()
  })
  await kept
}

async function keep(
  node: Node,
  config: RegistryConfig,
  { env, stopWanted }: { readonly env: Env; readonly stopWanted: AbortSignal },
): Promise<RunningRegistry | undefined> {
  let told: string | undefined
  for (let waitMs = retryMsMin; !stopWanted.aborted; waitMs = Math.min(2 * waitMs, retryMsMax)) {
    try {
      return await startNodeRegistry(node, config, { env, stopWanted })
    } catch (error) {
      if (stopWanted.aborted) break
      const reason = error instanceof Error ? error.message : String(error)
      if (!(await mayPass(error))) {
        env.logger.log('error', 'there is no schema registry', { reason })
        break
      }
      const level = reason === told ? 'debug' : 'error'
      env.logger.log(level, 'there is no schema registry yet: it is tried again', { reason })
      told = reason
      await rest(env, waitMs, stopWanted)
    }
  }
  return undefined
}

/** Of a wrong configuration nothing changes. */
async function mayPass(error: unknown): Promise<boolean> {
  // Not before: a node without a registry needs nothing of the client, which is an eighth of all sources.
  const { KafkaError } = await import('../client/index.ts')
  return (
    error instanceof KafkaError ||
    error instanceof ListenError ||
    (error instanceof Error && error.name === 'RegistryError')
  )
}

const rest = ({ clock }: Env, ms: number, stopWanted: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stopWanted.aborted) {
      resolve()
      return
    }
    const end = (): void => {
      timer.cancel()
      stopWanted.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(ms, end)
    stopWanted.addEventListener('abort', end)
  })
