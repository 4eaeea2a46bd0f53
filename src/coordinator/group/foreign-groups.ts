/**
 * Groups whose records this coordinator does not act on: share and streams groups, and what a later version has written. Their records stay as they lie; what is known here is that they are there, so
 * that a request of the classic protocol is refused and overwrites nothing.
 */
import { getOrInsert, Reader } from '../../base/index.ts'
import { shareGroupMemberMetadataKey, streamsGroupMemberMetadataKey } from '../../protocol/index.ts'

/** `unreadable`: the key is known, its value is of a version that is not. */
export type ForeignKind = 'share' | 'streams' | 'unreadable'

export interface ForeignGroup {
  readonly groupId: string
  readonly kind: ForeignKind
  readonly hasMembers: boolean
}

interface Entry {
  kind: ForeignKind
  /** The keys that hold a value, as Latin-1. */
  readonly keys: Set<string>
  /** Of these, the keys of members. */
  memberCount: number
}

const kinds: readonly { readonly kind: ForeignKind; readonly types: readonly number[] }[] = [
  { kind: 'share', types: [9, 10, 11, 12, 13, 14, 15] },
  { kind: 'streams', types: [17, 18, 19, 20, 21, 22, 23] },
]

const memberTypes = new Set([shareGroupMemberMetadataKey.type, streamsGroupMemberMetadataKey.type])

/** The kind of group that a key belongs to; undefined for a type of key that 4.3.1 does not know. */
export function foreignKindOf(key: Uint8Array): Exclude<ForeignKind, 'unreadable'> | undefined {
  const type = new Reader(key).i16()
  const kind = kinds.find(({ types }) => types.includes(type))?.kind
  return kind === 'unreadable' ? undefined : kind
}

/** All keys of groups begin with their type and the group's id. Throws MalformedError. */
export function groupIdOfKey(key: Uint8Array): string {
  const reader = new Reader(key)
  reader.i16()
  return reader.string(reader.i16())
}

const text = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).latin1Slice(0, key.byteLength)

const memberCountOf = (key: Uint8Array): number => Number(memberTypes.has(new Reader(key).i16()))

export class ForeignGroups {
  readonly #groups = new Map<string, Entry>()

  /** A record under `key` that cannot be acted on. */
  add(kind: ForeignKind, groupId: string, key: Uint8Array): void {
    const entry = getOrInsert(this.#groups, groupId, (): Entry => ({ kind, keys: new Set(), memberCount: 0 }))
    entry.kind = kind
    const added = text(key)
    if (!entry.keys.has(added)) entry.memberCount += memberCountOf(key)
    entry.keys.add(added)
  }

  /** What stood under `key` is gone, or was followed by something that is understood. */
  remove(groupId: string, key: Uint8Array): void {
    const entry = this.#groups.get(groupId)
    if (entry === undefined) return
    if (entry.keys.delete(text(key))) entry.memberCount -= memberCountOf(key)
    if (entry.keys.size === 0) this.#groups.delete(groupId)
  }

  get(groupId: string): ForeignGroup | undefined {
    const entry = this.#groups.get(groupId)
    return entry && { groupId, kind: entry.kind, hasMembers: entry.memberCount > 0 }
  }

  get size(): number {
    return this.#groups.size
  }

  all(): readonly ForeignGroup[] {
    return [...this.#groups.keys()].flatMap((groupId) => this.get(groupId) ?? [])
  }
}
