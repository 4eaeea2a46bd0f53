/** One client and one job, in a process of its own: both as arguments; prints what came of it as JSON. */
import type { BenchClient } from './client.ts'
import { modes } from './work.ts'

const kilobyte = 1024
const clients = {
  odradek: () => import('./odradek.ts'),
  kafkajs: () => import('./kafkajs.ts'),
  platformatic: () => import('./platformatic.ts'),
  confluent: () => import('./confluent.ts'),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly client: BenchClient }>>>

const isName = (name: string): name is keyof typeof clients => name in clients
const [name = '', text = ''] = process.argv.slice(2)
if (!isName(name)) throw new Error(`there is no client '${name}'`)
const job = JSON.parse(text)
const mode: keyof typeof modes = job.mode
const { client } = await clients[name]()
const done = await modes[mode](client, job)
// In kilobytes, whatever the manual of getrusage says of other systems.
const rssMbMax = (process.resourceUsage().maxRSS * kilobyte) / 1e6
process.stdout.write(`${JSON.stringify({ ...done, rssMbMax })}\n`)
process.exit(0)
