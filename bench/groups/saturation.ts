/** A broker under as many requests of a file as it answers: warmed up first, then measured. */
import { figure } from '../loadgen.ts'
import type { Session } from '../scenario.ts'

export interface Saturation {
  readonly perSecond: number
  /** Of the broker's process. */
  readonly cpuUsEach: number
  readonly p99Ms: number
}

const connections = 100
const inflight = 2

export async function saturate(session: Session, file: string): Promise<Saturation> {
  const load = { file, connections, inflight }
  await session.load('frames', { ...load, seconds: 10 * session.scale })
  const result = await session.load('frames', { ...load, seconds: 10 * session.scale })
  return {
    perSecond: figure(result, 'requestsPerSecond'),
    cpuUsEach: (figure(result, 'brokerCpuSeconds') * 1e6) / figure(result, 'requests'),
    p99Ms: figure(result, 'p99Ms'),
  }
}
