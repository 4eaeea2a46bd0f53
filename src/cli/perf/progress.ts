/** A line that changes each second while something is measured: to people at a terminal alone. */
import { ratesOf, ratesText } from './figures.ts'

const eachMs = 1000

export interface ProgressOptions {
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }
  /** Records and bytes so far. */
  readonly seen: () => { readonly records: number; readonly bytes: number }
}

export class Progress {
  readonly #timer: NodeJS.Timeout | undefined
  readonly #stream: ProgressOptions['stream']
  #hasLine = false

  constructor({ stream, seen }: ProgressOptions) {
    this.#stream = stream
    if (stream.isTTY !== true) return
    let last = { ...seen(), atMs: performance.now() }
    this.#timer = setInterval(() => {
      const now = { ...seen(), atMs: performance.now() }
      const rates = ratesOf(now.records - last.records, now.bytes - last.bytes, now.atMs - last.atMs)
      stream.write(`\r${now.records} records; now ${ratesText(rates)}\u001b[K`)
      this.#hasLine = true
      last = now
    }, eachMs)
  }

  end(): void {
    clearInterval(this.#timer)
    if (this.#hasLine) this.#stream.write('\r\u001b[K')
  }
}
