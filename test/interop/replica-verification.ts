/** Kafka's tool that reads all replicas of all partitions and compares them: it goes on until it is ended. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ServerProcess } from '../../bench/child.ts'
import type { Cluster } from './cluster.ts'
import { toolCommand } from './java-tool.ts'
import { until } from './kit.ts'

/** What it finds, and its last report, which says that all replicas have all records. */
export async function reportOfVerification(cluster: Cluster): Promise<readonly string[]> {
  const args = [
    '--broker-list',
    cluster.bootstrap,
    '--topics-include',
    '.*',
    '--time',
    '-2',
    '--report-interval-ms',
    '500',
  ]
  const logFile = join(dirname(cluster.node(1).folder), 'replica-verification.log')
  const command = await toolCommand('replicaVerification', args)
  const tool = new ServerProcess({ ...command, logFile })
  try {
    const condition = (): boolean => /max lag is 0 for/.test(readFileSync(logFile, 'utf8'))
    await until({ what: 'replicas are compared', timeoutMs: 60_000, condition, seen: () => tool.logTail() })
  } finally {
    await tool.kill()
  }
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const told = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d+: /, ''))
  const found = told.filter((line) => !/^max lag is/.test(line))
  const reports = told.filter((line) => /^max lag is 0/.test(line))
  return [...new Set(found), ...reports.slice(-1).map((line) => line.replace(/for partition \S+/, 'for partition P'))]
}
