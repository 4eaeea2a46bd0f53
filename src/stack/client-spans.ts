/** What clients tell, as spans of OpenTelemetry, by its conventions for messaging. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BatchTrace, FetchTrace, RequestTrace } from '../client/index.ts'

type Attributes = Readonly<Record<string, string | number>>

/** As much of a tracer of `@opentelemetry/api` as is needed. */
export interface SpanTracer {
  startSpan(
    name: string,
    options: { readonly kind: number; readonly startTime: number; readonly attributes: Attributes },
  ): {
    recordException(error: Error): void
    setStatus(status: { readonly code: number; readonly message: string }): unknown
    end(endTime: number): void
  }
}

export interface TraceWithOptions {
  /** A span for each request to a broker, too. Default false. */
  readonly requests?: boolean
}

/** `SpanKind` and `SpanStatusCode` of OpenTelemetry. */
const kinds = { client: 2, producer: 3 }
const statusError = 2

interface Done {
  readonly name: string
  readonly kind: number
  readonly ms: number
  readonly attributes: Attributes
  readonly error: Error | undefined
}

/**
 * From now on all clients of this process tell `tracer` (`trace.getTracer('odradek')`) of each batch that is done and of each fetch.
 * Returns what ends that.
 */
export function traceWith(tracer: SpanTracer, { requests = false }: TraceWithOptions = {}): () => void {
  const listen = <T>(name: string, spanOf: (event: T) => Done): (() => void) => {
    // What comes by a channel has no type; the channels are ours.
    const listener = (event: unknown): void => told(tracer, spanOf(event as T))
    subscribe(name, listener)
    return () => void unsubscribe(name, listener)
  }
  const ends = [listen('odradek:producer:batch', ofBatch), listen('odradek:consumer:fetch', ofFetch)]
  if (requests) ends.push(listen('odradek:client:request', ofRequest))
  return () => {
    for (const end of ends) end()
  }
}

function told(tracer: SpanTracer, { name, kind, ms, attributes, error }: Done): void {
  const nowMs = Date.now()
  const span = tracer.startSpan(name, { kind, startTime: nowMs - ms, attributes })
  if (error !== undefined) {
    span.recordException(error)
    span.setStatus({ code: statusError, message: error.message })
  }
  span.end(nowMs)
}

const ofBatch = ({ topic, partition, records, bytes, ms, baseOffset, error }: BatchTrace): Done => ({
  ...{ name: `send ${topic}`, kind: kinds.producer, ms, error },
  attributes: {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.batch.message_count': records,
    'messaging.message.body.size': bytes,
    ...(baseOffset !== undefined && { 'messaging.kafka.offset': baseOffset }),
  },
})

const ofFetch = ({ brokerId, partitions, bytes, ms, error }: FetchTrace): Done => ({
  ...{ name: 'poll', kind: kinds.client, ms, error },
  attributes: {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'poll',
    'messaging.operation.type': 'receive',
    'odradek.broker.id': brokerId,
    'odradek.fetch.partitions': partitions,
    'odradek.fetch.bytes': bytes,
  },
})

const ofRequest = ({ api, version, broker, sentBytes, receivedBytes, ms, error }: RequestTrace): Done => ({
  ...{ name: api, kind: kinds.client, ms, error },
  attributes: {
    'messaging.system': 'kafka',
    'server.address': broker,
    'odradek.api.version': version,
    'odradek.request.bytes': sentBytes,
    'odradek.response.bytes': receivedBytes,
  },
})
