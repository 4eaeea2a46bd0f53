/**
 * Runs inside the broker that is profiled, put there by `--import`: listens on the socket that the environment names, and starts and
 * stops V8's profilers when it is told to. A word of the environment alone lets it do so, and only in `odradek start` itself: threads
 * and children of the broker have an environment like it.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { isMainThread } from 'node:worker_threads'

const path = process.env['ODRADEK_PROFILE_SOCKET']
const session = new Session()

/** What is told in a line: a word, and what belongs to it. */
const orders: Readonly<Record<string, (argument: string) => Promise<void>>> = {
  'start-cpu': async (intervalUs) => {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: Number(intervalUs) })
    await session.post('Profiler.start')
  },
  'stop-cpu': async (file) => {
    const { profile } = await session.post('Profiler.stop')
    writeFileSync(file, JSON.stringify(profile))
  },
  'start-heap': async (intervalBytes) => {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: Number(intervalBytes),
      // What was allocated counts, not what is left of it.
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
  },
  'stop-heap': async (file) => {
    const { profile } = await session.post('HeapProfiler.stopSampling')
    writeFileSync(file, JSON.stringify(profile))
  },
}

async function obey(line: string): Promise<string> {
  const [word = '', ...rest] = line.split(' ')
  const order = orders[word]
  if (order === undefined) return `no such order: ${word}`
  try {
    await order(rest.join(' '))
    return 'done'
  } catch (error) {
    return `${word}: ${error instanceof Error ? error.message : error}`
  }
}

if (path !== undefined && isMainThread && process.argv[2] === 'start') {
  session.connect()
  // One that was killed left its socket behind.
  rmSync(path, { force: true })
  const server = createServer((socket) => {
    socket.unref().on('error', () => socket.destroy())
    createInterface({ input: socket }).on('line', (line) => {
      void obey(line).then((answer) => socket.end(`${answer}\n`))
    })
  })
  server.listen(path).unref()
}
