/** What a client takes of the world: time, chance, sockets, and somebody who hears what happens to it. */
import type { Env } from '../base/index.ts'
import type { ClientTrace } from './client-trace.ts'

export interface ClientEnv extends Pick<Env, 'clock' | 'random' | 'network' | 'logger'> {
  /** Undefined: nobody listens. */
  readonly trace?: ClientTrace
}
