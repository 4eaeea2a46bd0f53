/** What a client takes of the world: time, chance, sockets, and somebody who hears what happens to it. */
import type { Env } from '../base/index.ts'

export type ClientEnv = Pick<Env, 'clock' | 'random' | 'network' | 'logger'>
