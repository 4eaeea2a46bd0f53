/** Credentials of users for SCRAM (KIP-554). A password never leaves the client: it is salted and hashed here, as RFC 5802 says. */
import type { RandomStream } from '../../base/index.ts'
import {
  alterUserScramCredentials as alterApi,
  type DescribeUserScramCredentialsResponse,
  describeUserScramCredentials as describeApi,
  ErrorCode,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { codeOf, wordOf } from './codes.ts'
import { anyBroker, movedController, nothingPasses, theController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'

const mechanismCodes = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const
const hashes = { 'SCRAM-SHA-256': 'SHA-256', 'SCRAM-SHA-512': 'SHA-512' } as const

export type ScramMechanism = keyof typeof mechanismCodes

export interface ScramCredential {
  readonly mechanism: ScramMechanism | 'unknown'
  readonly iterations: number
}

export interface UserScramCredentials {
  readonly user: string
  readonly credentials: readonly ScramCredential[]
}

/** A password that a user gets, in the place of what he has with this mechanism. */
export interface NewScramCredential {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly password: string | Uint8Array
  /** 4,096 to 16,384. Default 4,096. */
  readonly iterations?: number
  /** Default: 16 bytes by chance. */
  readonly salt?: Uint8Array
}

/** The user has none with this mechanism any more. */
export interface DeletedScramCredential {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly delete: true
}

/** PBKDF2 with HMAC. */
export type HashPassword = (given: {
  readonly password: string | Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  readonly hash: 'SHA-256' | 'SHA-512'
}) => Promise<Uint8Array>

export interface ScramMeans {
  /** Of salts. */
  readonly random: RandomStream
  readonly hashPassword: HashPassword | undefined
}

const iterationsDefault = 4096
const saltBytes = 16

export async function describeUserScramCredentials(
  routing: Routing,
  users: readonly string[] | 'all',
  options: CallOptions,
): Promise<ReadonlyMap<string, UserScramCredentials | KafkaError>> {
  const told = await routing.one({
    deadline: routing.deadline('describeUserScramCredentials', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const request = { users: users === 'all' ? null : users.map((name) => ({ name })) }
      const { errorCode, errorMessage, results } = await to.send(describeApi, request)
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'describeUserScramCredentials', errorMessage)
      return results
    },
  })
  return new Map(told.map((it) => [it.user, credentialsOf(it)]))
}

function credentialsOf(
  told: DescribeUserScramCredentialsResponse['results'][number],
): UserScramCredentials | KafkaError {
  const { user, errorCode, errorMessage, credentialInfos } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `user '${user}'`, errorMessage)
  const credentials = credentialInfos.map(({ mechanism, iterations }) => ({
    mechanism: wordOf(mechanismCodes, mechanism),
    iterations,
  }))
  return { user, credentials }
}

/** Each user once: brokers refuse more (DUPLICATE_RESOURCE). */
export async function alterUserScramCredentials(
  routing: Routing,
  altered: readonly (NewScramCredential | DeletedScramCredential)[],
  { means, ...options }: CallOptions & { readonly means: ScramMeans },
) {
  const deadline = routing.deadline('alterUserScramCredentials', options)
  const deletions: { readonly name: string; readonly mechanism: number }[] = []
  const upsertions: Awaited<ReturnType<typeof upsertion>>[] = []
  for (const it of altered) {
    if ('delete' in it) deletions.push({ name: it.user, mechanism: codeOf(mechanismCodes, it.mechanism, 'mechanism') })
    else upsertions.push(await upsertion(it, means))
  }
  return routing.settle(
    altered.map(({ user }) => user),
    {
      deadline,
      place: theController,
      passes: movedController,
      keyOf: (user) => user,
      ask: async (to, users) => {
        const isAsked = ({ name }: { readonly name: string }): boolean => users.includes(name)
        const request = { deletions: deletions.filter(isAsked), upsertions: upsertions.filter(isAsked) }
        const { results } = await to.send(alterApi, request)
        return results.map(
          ({ user, errorCode, errorMessage }) => [user, failureOf(errorCode, `user '${user}'`, errorMessage)] as const,
        )
      },
    },
  )
}

async function upsertion(it: NewScramCredential, { random, hashPassword }: ScramMeans) {
  const { user, mechanism, password, iterations = iterationsDefault, salt = saltBy(random) } = it
  const code = codeOf(mechanismCodes, mechanism, 'mechanism')
  if (hashPassword === undefined)
    throw new KafkaError('INVALID_ARGUMENT', 'this client was given nothing to hash passwords by')
  const saltedPassword = await hashPassword({ password, salt, iterations, hash: hashes[mechanism] })
  return { name: user, mechanism: code, iterations, salt, saltedPassword }
}

function saltBy(random: RandomStream): Uint8Array {
  return Uint8Array.from({ length: saltBytes }, () => random.below(256))
}
