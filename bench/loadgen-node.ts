/**
 * The load generator where there is no compiler for `loadgen/loadgen.c`: the same modes and options, the same line of JSON, as a
 * process of its own.
 *
 *   node bench/loadgen-node.ts MODE key=value ...
 *
 * It costs more of its own, which `ownCpuSeconds` tells (without the start of the runtime), and its latencies have the pauses of its runtime in
 * them. An error ends it with status 1.
 */
import { MalformedError } from '../src/base/index.ts'
import { endToEnd } from './loadgen-node/end-to-end.ts'
import { frames } from './loadgen-node/exchanges.ts'
import { fetch } from './loadgen-node/fetch.ts'
import { type Ran, resultOf } from './loadgen-node/latency.ts'
import { LoadError, type LoadOptions, parseOptions } from './loadgen-node/options.ts'
import { produce } from './loadgen-node/produce.ts'
import { session } from './loadgen-node/session.ts'
import { ping, topic } from './loadgen-node/topics.ts'

const measured =
  (run: (options: LoadOptions) => Promise<Ran>) =>
  async (options: LoadOptions): Promise<object> => {
    const begun = process.cpuUsage()
    return resultOf(options, begun, await run(options))
  }

const modes = new Map<string, (options: LoadOptions) => Promise<object>>([
  ['topic', topic],
  ['ping', ping],
  ['produce', measured(produce)],
  ['requests', measured(produce)],
  ['fetch', measured(fetch)],
  ['e2e', measured(endToEnd)],
  ['tail', measured(endToEnd)],
  ['session', measured(session)],
  ['frames', measured(frames)],
])

async function main(texts: readonly string[]): Promise<void> {
  const run = modes.get(texts[0] ?? '')
  if (run === undefined) throw new LoadError(`usage: loadgen-node ${[...modes.keys()].join('|')} key=value ...`)
  process.stdout.write(`${JSON.stringify(await run(parseOptions(texts)))}\n`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isTold = error instanceof LoadError || error instanceof MalformedError
  const why = isTold ? error.message : error instanceof Error ? error.stack : error
  process.stderr.write(`loadgen-node ${process.argv[2] ?? ''}: ${why}\n`)
  process.exit(1)
})
