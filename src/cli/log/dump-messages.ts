/** Messages of the formats before Kafka 0.11, as `kafka-dump-log` prints them, or as JSON. */
import { batchHeader, type Message, messageCodecId, messageCrc, messageTimestamp } from '../../records/index.ts'
import { base64, codecText, contents, type DumpOptions, type Found, unreadable } from './dump-words.ts'
import type { SegmentBatch } from './segment-batches.ts'

/** A message, and those that it wraps. */
export function* dumpMessages(found: SegmentBatch, { withRecords, isJson }: DumpOptions): Generator<Found> {
  yield { line: isJson ? outerJson(found) : outerText(found), isWrong: !found.isValid }
  if (!withRecords) return
  const messages = found.messages()
  if (typeof messages === 'string') {
    yield unreadable(messages, isJson)
    return
  }
  for (const message of messages) {
    const line = isJson ? innerJson(message) : innerText(found, message)
    yield { line, isWrong: !message.isCrcValid }
  }
}

function outerText({ view, position, sizeInBytes, magic, isValid, timestampType }: SegmentBatch): string {
  return [
    `offset: ${batchHeader.baseOffset(view, 0)} position: ${position}`,
    `${timestampType}: ${messageTimestamp(view, 0)} size: ${sizeInBytes} magic: ${magic}`,
    `compresscodec: ${codecText(messageCodecId(view, 0))} crc: ${messageCrc(view, 0)} isvalid: ${isValid}`,
  ].join(' ')
}

function outerJson({ view, position, sizeInBytes: size, magic, isValid, timestampType }: SegmentBatch): string {
  return JSON.stringify({
    ...{ kind: 'batch', lastOffset: batchHeader.baseOffset(view, 0), position, timestampType },
    ...{ maxTimestampMs: Number(messageTimestamp(view, 0)), size, magic },
    ...{ compression: codecText(messageCodecId(view, 0)), crc: messageCrc(view, 0), isValid },
  })
}

function innerText({ timestampType }: SegmentBatch, message: Message): string {
  const { offset, timestamp, key, value, crc, isCrcValid } = message
  return [
    `| offset: ${offset} ${timestampType}: ${timestamp} keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}`,
    `isValid: ${isCrcValid} crc: ${crc}`,
    ...contents(message),
  ].join(' ')
}

function innerJson({ offset, timestampMs, key, value, crc, isCrcValid: isValid }: Message): string {
  const contents = { keyBase64: base64(key), valueBase64: base64(value) }
  return JSON.stringify({ kind: 'record', offset, timestampMs, ...contents, headers: [], crc, isValid })
}
