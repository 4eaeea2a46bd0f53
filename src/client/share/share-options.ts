/** What a share consumer is told: Kafka's names and defaults, in one word each; times in milliseconds, sizes in bytes. */
import { checkMs, checkNames, defined } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Acknowledged } from './pending-acknowledgement.ts'

export interface ShareConsumerOptions {
  readonly groupId: string
  /**
   * `implicit`: a record of which nothing was said is accepted when the next one is asked for. `explicit`: each is to be told of, and
   * nothing but that counts; several may be worked on at a time. Default `implicit`.
   */
  readonly shareAcknowledgementMode?: 'implicit' | 'explicit'
  /**
   * `batch_optimized`: whole batches are acquired as producers made them, also where that is more than `maxPollRecords`.
   * `record_limit`: never more than that, from one broker at a time (KIP-1206; brokers from 4.2 on). Default `batch_optimized`.
   */
  readonly shareAcquireMode?: 'batch_optimized' | 'record_limit'
  /** Records that are acquired at a time from each broker. What is acquired counts as delivered. Default 500. */
  readonly maxPollRecords?: number
  /** The longest that a broker holds back an answer that is not large enough. Default 500. */
  readonly fetchMaxWaitMs?: number
  /** Default 1. */
  readonly fetchMinBytes?: number
  /** Of one answer; the first batch of it comes whole, however large. Default 52,428,800. */
  readonly fetchMaxBytes?: number
  /** Whether the checksums of batches are looked at. Default true. */
  readonly checkCrcs?: boolean
  /** Where this consumer is. */
  readonly clientRack?: string
  /** The longest that the application may not ask for the next record; then the member leaves its group. Default 300,000. */
  readonly maxPollIntervalMs?: number
  /** Whether brokers may make a topic that is read, if they are set up so. Default true. */
  readonly allowAutoCreateTopics?: boolean
  /**
   * What became of what was said of records, by whichever way it was sent: once for each partition of an answer. It is not waited for;
   * what it throws, or rejects with, is told by the next question for records, or by `close`.
   */
  readonly onAcknowledged?: (results: readonly Acknowledged[]) => void
}

export interface ShareConsumerSettings extends Required<Omit<ShareConsumerOptions, 'onAcknowledged'>> {
  readonly onAcknowledged: ShareConsumerOptions['onAcknowledged'] | undefined
}

const defaults = {
  groupId: '',
  shareAcknowledgementMode: 'implicit',
  shareAcquireMode: 'batch_optimized',
  maxPollRecords: 500,
  fetchMaxWaitMs: 500,
  fetchMinBytes: 1,
  fetchMaxBytes: 52_428_800,
  checkCrcs: true,
  clientRack: '',
  maxPollIntervalMs: 300_000,
  allowAutoCreateTopics: true,
  onAcknowledged: undefined,
} as const

const sizes = ['fetchMinBytes', 'fetchMaxBytes', 'maxPollRecords'] as const

/** Throws KafkaError for what makes no sense. */
export function shareConsumerSettings(options: ShareConsumerOptions): ShareConsumerSettings {
  checkNames(options, defaults)
  const all = { ...defaults, ...defined(options) }
  for (const [name, value] of Object.entries(all)) if (name.endsWith('Ms')) checkMs(name, value)
  for (const name of sizes) {
    const value: unknown = all[name]
    const isSize = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
    if (!isSize) refuse(`${name}: there is no such number: ${String(value)}`)
  }
  if (all.maxPollRecords === 0) refuse('maxPollRecords is 0')
  if (typeof all.groupId !== 'string' || all.groupId === '') refuse('a share consumer needs a groupId')
  checkOneOf('shareAcknowledgementMode', all.shareAcknowledgementMode, ['implicit', 'explicit'])
  checkOneOf('shareAcquireMode', all.shareAcquireMode, ['batch_optimized', 'record_limit'])
  return all
}

function checkOneOf(name: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) refuse(`${name}: there is no '${value}'`)
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}
