/** Whom a connection is authenticated as: a kind, and a name of that kind. */
import type { DefaultPrincipalData } from '../protocol/index.ts'

export type Principal = DefaultPrincipalData

/** Whoever comes without authentication, as all do today. */
export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS', tokenAuthenticated: false }
