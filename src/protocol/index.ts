/** The door of `protocol`: the wire of Kafka 4.3.1, and what its logs hold, as data. */
export * from './apis.ts'
export * from './errors.ts'
export { type Api, api, Message, type MessageOptions, message } from './message.ts'
export * from './messages.ts'
export { type Fields, type Given, type Infer, list, type Records, type UnknownTag, type Word } from './words.ts'
