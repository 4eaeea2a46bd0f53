/**
 * The dynamic configs that the controller decides by, versioned text by text: a record costs the same however many configs
 * its resource has. Whole resources are read as maps, which are derived from the newest version and never change once read.
 */
import type { OnChange, Timeline, VersionedMap } from '../../base/index.ts'
import type { ConfigRecord } from '../../protocol/index.ts'
import { type ConfigResource, configResourceKey } from '../image/metadata-image.ts'

interface ConfigText {
  readonly resourceKey: string
  readonly name: string
  readonly text: string
}

interface Texts {
  readonly map: Map<string, string>
  /** Somebody has read it: the next change is made to a copy. */
  isRead: boolean
}

const noTexts: ReadonlyMap<string, string> = new Map()
/** The length in front: no two keys meet. */
const textKey = (resourceKey: string, name: string): string => `${name.length} ${name} ${resourceKey}`

export class ConfigTexts {
  readonly #texts: VersionedMap<string, ConfigText>
  /** By `configResourceKey`; none is empty. */
  readonly #byResource = new Map<string, Texts>()

  constructor(timeline: Timeline) {
    this.#texts = timeline.map(this.#onChange)
  }

  /** Another map as soon as something has changed. */
  get(resource: ConfigResource): ReadonlyMap<string, string> {
    const texts = this.#byResource.get(configResourceKey(resource))
    if (texts === undefined) return noTexts
    texts.isRead = true
    return texts.map
  }

  change({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const resourceKey = configResourceKey({ resourceType, resourceName })
    const key = textKey(resourceKey, name)
    if (value === null) this.#texts.delete(key)
    else this.#texts.set(key, { resourceKey, name, text: value })
  }

  remove(resource: ConfigResource): void {
    const resourceKey = configResourceKey(resource)
    for (const name of [...this.get(resource).keys()]) this.#texts.delete(textKey(resourceKey, name))
  }

  readonly #onChange: OnChange<string, ConfigText> = (_key, before, after) => {
    const changed = after ?? before
    if (changed === undefined) return
    const { resourceKey, name } = changed
    const map = this.#writable(resourceKey)
    if (after === undefined) map.delete(name)
    else map.set(name, after.text)
    if (map.size === 0) this.#byResource.delete(resourceKey)
  }

  #writable(resourceKey: string): Map<string, string> {
    const known = this.#byResource.get(resourceKey)
    if (known?.isRead === false) return known.map
    const map = new Map(known?.map)
    this.#byResource.set(resourceKey, { map, isRead: false })
    return map
  }
}
