/** What the other side serves, as it has told in its reply to ApiVersions. */
import { type ApiVersionsResponse, apiVersions } from '../protocol/index.ts'
import { UnsupportedVersionError } from './peer-error.ts'

export type VersionRange = readonly [min: number, max: number]

/** An API, as far as versions go. */
export interface ApiRange {
  readonly key: number
  readonly name: string
  readonly versions: VersionRange
}

export class ServedVersions {
  readonly #ranges: ReadonlyMap<number, VersionRange>

  constructor(ranges: ReadonlyMap<number, VersionRange>) {
    this.#ranges = ranges
  }

  static from({ apiKeys }: ApiVersionsResponse): ServedVersions {
    return new ServedVersions(new Map(apiKeys.map((it) => [it.apiKey, [it.minVersion, it.maxVersion]])))
  }

  includes({ key }: ApiRange, version: number): boolean {
    const [min, max] = this.#ranges.get(key) ?? [0, -1]
    return version >= min && version <= max
  }

  /** The highest version that both sides have within `wanted`. Throws UnsupportedVersionError. */
  pick({ key, name, versions }: ApiRange, wanted: VersionRange): number {
    const served = this.#ranges.get(key)
    if (served === undefined) throw new UnsupportedVersionError(`${name} is not served there`)
    const min = Math.max(versions[0], wanted[0], served[0])
    const max = Math.min(versions[1], wanted[1], served[1])
    if (min > max) {
      const [here, there, wished] = [versions, served, wanted].map((range) => range.join(' to '))
      throw new UnsupportedVersionError(
        `${name}: versions ${there} are served there, ${here} here, ${wished} are wanted`,
      )
    }
    return max
  }
}

/** Before it has told anything: everybody can be asked what he serves, in whatever version he may know. */
export const unknownVersions = new ServedVersions(new Map([[apiVersions.key, apiVersions.versions]]))
