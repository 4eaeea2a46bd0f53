/** Kafka's codes for what can be wrong with records; the whole table is `protocol/errors.ts`. */
export const unknownServerError = -1
export const corruptMessage = 2
export const messageTooLarge = 10
export const invalidTimestamp = 32
export const invalidRecord = 87
