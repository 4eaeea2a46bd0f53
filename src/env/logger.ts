/** Lines for people, or JSON for machines. Never called per record or request. */
import type { LogFields, Logger, LogLevel } from '../base/index.ts'

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

export interface LoggerOptions {
  readonly json: boolean
  readonly level: LogLevel
  readonly now: () => number
  readonly write: (line: string) => void
}

/** What a peer sent can neither begin a line of its own nor steer a terminal. */
const oneLine = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))

/** As it is where it is one word, else quoted. */
const plain = (value: string): string => (/^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value))

export class LineLogger implements Logger {
  readonly #options: LoggerOptions
  readonly #part: string

  constructor(options: LoggerOptions, part = 'odradek') {
    this.#options = options
    this.#part = part
  }

  child(part: string): Logger {
    return new LineLogger(this.#options, part)
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { json, level: threshold, now, write } = this.#options
    if (ranks[level] < ranks[threshold]) return
    const time = new Date(now()).toISOString()
    if (json) {
      const values = Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === 'bigint' ? String(value) : value,
      ])
      write(`${JSON.stringify({ time, level, part: this.#part, message, ...Object.fromEntries(values) })}\n`)
      return
    }
    const pairs = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${plain(`${value}`)}`)
    const readable = time.replace('T', ' ').replace('.', ',').replace('Z', '')
    write(`${readable} ${level.toUpperCase().padEnd(5)} [${this.#part}] ${oneLine(message)}${pairs.join('')}\n`)
  }
}
