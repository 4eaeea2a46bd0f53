/** What a decision on partitions that a request names begins with. One object for one decision. */
import type { ControllerState } from './controller-state.ts'
import { Leadership } from './leadership.ts'
import type { Settings } from './settings.ts'

export abstract class PartitionDecision {
  protected readonly state: ControllerState
  protected readonly settings: Settings
  /** Gathers the records. */
  protected readonly leadership: Leadership

  constructor({ state, settings }: { readonly state: ControllerState; readonly settings: Settings }) {
    this.state = state
    this.settings = settings
    this.leadership = new Leadership(state, settings)
  }
}
