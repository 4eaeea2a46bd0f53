/** `odradek start --nodes N`: prepares the directories of N nodes, runs them, and stops them as it is told. */
import type { LogLevel } from '../../base/index.ts'
import { createEnv } from '../../env/index.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import type { ProcessContext } from '../process-context.ts'
import { stopOnSignals } from '../stop-signals.ts'
import { Fleet } from './fleet.ts'
import { type PrepareOptions, prepareNodes } from './prepare.ts'

export interface StartNodesOptions extends PrepareOptions {
  readonly json: boolean
  readonly level: LogLevel
  readonly forceRecover: boolean
  readonly stopsOnFailure: boolean
}

/** A cluster of which all nodes stop has nobody left to hand leadership to: what takes longer is a node that hangs. */
const leaveMsMax = 30_000

/** Resolves to the exit code of the process, when all nodes have ended. */
export async function startNodes(options: StartNodesOptions, { hasParent }: ProcessContext): Promise<number> {
  const { json, level, forceRecover, stopsOnFailure } = options
  const env = createEnv({ json, level })
  const logger = env.logger.child('nodes')
  const { nodes, voters, clusterId, warnings } = await prepareNodes({ ...env, logger }, options)
  for (const warning of warnings) logger.log('warn', warning)
  logger.log('info', 'starting', { nodes: nodes.length, clusterId })
  const flags = ['--log-level', level, ...(json ? ['--json'] : []), ...(forceRecover ? ['--force-recover'] : [])]
  const write = (line: string): void => void process.stderr.write(line)
  const fleet = new Fleet({ nodes, voters, flags, json, stopsOnFailure, clock: env.clock, leaveMsMax, logger, write })
  const release = stopOnSignals(process, {
    hasParent,
    isScript: process.env['npm_lifecycle_event'] !== undefined,
    nowMs: () => env.clock.monotonic(),
    stop: (reason) => {
      logger.log('info', `${reason}: stopping all nodes; once more ends them at once`)
      void fleet.stop()
    },
    end: (reason) => {
      logger.log('warn', `${reason} once more: the nodes end at once, and recover their logs at the next start`)
      fleet.endAtOnce()
      process.exit(exitFailed)
    },
  })
  try {
    const isAsTold = await fleet.ended
    logger.log('info', 'all nodes have ended')
    return isAsTold ? exitDone : exitFailed
  } finally {
    release()
  }
}
