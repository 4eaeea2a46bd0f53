/** The configs that the controller decides by: those of the metadata over those of its own file. */
import { type BrokerConfig, ConfigError } from '../../config/index.ts'
import type { ControllerState } from './controller-state.ts'

/** `ConfigResource.Type` of the wire. */
export const resourceType = { topic: 2, broker: 4, clientMetrics: 16, group: 32 } as const

/** Of an eligible leader replica: KIP-966. */
export const elrFeature = 'eligible.leader.replicas.version'

export class Settings {
  readonly static: BrokerConfig
  readonly #state: ControllerState
  #effective: { readonly config: BrokerConfig; readonly from: readonly unknown[] } | undefined

  constructor(config: BrokerConfig, state: ControllerState) {
    this.static = config
    this.#state = state
  }

  get elrEnabled(): boolean {
    return (this.#state.features.get(elrFeature) ?? 0) >= 1
  }

  /** This node's configuration under the dynamic one; made anew when that changed. */
  get effective(): BrokerConfig {
    const dynamicDefault = this.#state.configs(resourceType.broker, '')
    const dynamicBroker = this.#state.configs(resourceType.broker, `${this.static.nodeId}`)
    const known = this.#effective
    if (known?.from[0] === dynamicDefault && known.from[1] === dynamicBroker) return known.config
    const config = this.#withDynamic(dynamicDefault, dynamicBroker)
    this.#effective = { config, from: [dynamicDefault, dynamicBroker] }
    return config
  }

  /** Dynamic values that do not go with this node's file, which other nodes accepted, are passed over. */
  #withDynamic(dynamicDefault: ReadonlyMap<string, string>, dynamicBroker: ReadonlyMap<string, string>): BrokerConfig {
    try {
      return this.static.withDynamic({ dynamicDefault, dynamicBroker })
    } catch (error) {
      if (error instanceof ConfigError) return this.static
      throw error
    }
  }

  /** Kafka's order: the topic, this node, the cluster, the file. */
  #topicText(topic: string, name: string): string | undefined {
    return (
      this.#state.configs(resourceType.topic, topic).get(name) ??
      this.#state.configs(resourceType.broker, `${this.static.nodeId}`).get(name) ??
      this.#state.configs(resourceType.broker, '').get(name)
    )
  }

  minInSyncReplicas(topic: string): number {
    const text = this.#topicText(topic, 'min.insync.replicas')
    return text === undefined ? this.static.number('min.insync.replicas') : Number(text)
  }

  uncleanLeaderElection(topic: string): boolean {
    const text = this.#topicText(topic, 'unclean.leader.election.enable')
    return text === undefined ? this.static.boolean('unclean.leader.election.enable') : text.toLowerCase() === 'true'
  }
}
