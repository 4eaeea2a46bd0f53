/** A session of a scenario that takes a profile of what it measures: the last load, which those before it have warmed up. */
import type { LoadMode, LoadOptions, LoadResult } from '../loadgen.ts'
import { type Scenario, Session, type SessionOptions } from '../scenario.ts'
import type { Recorder } from './recorder.ts'
import type { Profile } from './stacks.ts'

export interface Measured {
  readonly figures: Readonly<Record<string, number>>
  /** Of the profiled part. */
  readonly seconds: number
  /** As the load generator counted; undefined where it was another that made the load. */
  readonly requests: number | undefined
  /** Undefined without a recorder. */
  readonly profile: Profile | undefined
}

export class ProfiledSession extends Session {
  readonly #recorder: Recorder | undefined
  #last: Omit<Measured, 'figures'> | undefined
  #isRecording = false

  constructor(options: SessionOptions, recorder: Recorder | undefined) {
    super(options)
    this.#recorder = recorder
  }

  /** Where a scenario makes its load without `load`, the whole of it is taken. */
  async profiled(scenario: Scenario): Promise<Measured> {
    const startMs = performance.now()
    await this.#start()
    const figures = await scenario.measure(this)
    const whole = this.#last ?? { ...(await this.#stop(startMs)), requests: undefined }
    return { figures, ...whole }
  }

  override async load(mode: LoadMode, options: LoadOptions): Promise<LoadResult> {
    if (this.#isRecording) await this.#stop(0)
    await this.#start()
    const startMs = performance.now()
    const result = await super.load(mode, options)
    this.#last = { ...(await this.#stop(startMs)), requests: result.get('requests') }
    return result
  }

  async #start(): Promise<void> {
    await this.#recorder?.start(this.broker.process.pid)
    this.#isRecording = true
  }

  async #stop(startMs: number): Promise<Pick<Measured, 'seconds' | 'profile'>> {
    const seconds = (performance.now() - startMs) / 1000
    this.#isRecording = false
    return { seconds, profile: await this.#recorder?.stop() }
  }
}
