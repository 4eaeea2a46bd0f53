/** A process for `test/registry-cluster.ts`: one instance of a registry, which can be killed. Tells its URL in a line; a line ends it. */
import { once } from 'node:events'
import { startRegistry } from '../src/stack/registry.ts'

const [bootstrapServers = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const registry = await startRegistry({
  ...{ kafka: { bootstrapServers }, port: 0, replicationFactor: 1, sessionTimeoutMs: Number(sessionTimeoutMs) },
  logLevel: 'error',
})
process.stdout.write(`${registry.url}\n`)
await once(process.stdin, 'data')
await registry.stop()
process.stdin.destroy()
