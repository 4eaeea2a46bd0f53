/**
 * A node in a process of its own, for tests of what it takes of memory and of its loop: the one who attacks would be in
 * the way. Tells its port, and when asked what it has used since it was asked last.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'

export interface Usage {
  readonly rssBytes: number
  /** The longest time that the loop was held. */
  readonly heldMsMax: number
  readonly connections: number
  readonly errors: readonly string[]
}

const errors: string[] = []
const write = (line: string): void => {
  if (line.includes('ERROR')) errors.push(line)
}
const config: Readonly<Record<string, string>> = JSON.parse(process.argv[2] ?? '{}')
const node = await startServer({ texts: layered(testDefaults, config), formatsEmpty: true, write })
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
process.on('message', () => {
  const { connectionCount: connections } = node.server
  const usage: Usage = { rssBytes: process.memoryUsage().rss, heldMsMax: delay.max / 1e6, connections, errors }
  delay.reset()
  process.send?.(usage)
})
process.send?.(node.listeners.find(({ listener }) => listener === 'PLAINTEXT')?.port)
