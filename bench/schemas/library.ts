/** What a library of serdes that is measured can do, whatever it is; each in a file of its own, in a process of its own. */
import type { Format, Order } from './samples.ts'

export interface SerdePlace {
  /** Of the registry. */
  readonly url: string
  readonly format: Format
  /** The schema is registered under `<topic>-value`. */
  readonly topic: string
  readonly id: number
  readonly schema: string
}

/** As an application calls it for each record. What comes at once is no promise. */
export interface OrderSerde {
  /** What the application has at hand of an order, made once. */
  readonly valueOf: (order: Order) => unknown
  readonly encode: (value: unknown) => Uint8Array | Promise<Uint8Array>
  readonly decode: (bytes: Buffer) => unknown
}

export interface Library {
  serde(place: SerdePlace): Promise<OrderSerde>
}
