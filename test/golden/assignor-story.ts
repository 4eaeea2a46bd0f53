/**
 * The story of a group under the assignors of the server: step by step who is in it and subscribes to what. Told, it gives
 * the assignments that changed at each step, in the order in which they are written. `interop/java/Assignors.java` tells
 * the same stories with Kafka's classes.
 */

import { type Uuid, uuidFromString, uuidToString } from '../../src/base/index.ts'
import {
  type Assignment,
  type Assignor,
  AssignorError,
  type MemberSpec,
  rangeAssignor,
  uniformAssignor,
} from '../../src/coordinator/index.ts'

type Written = readonly (readonly [topicId: string, partitions: readonly number[]])[]
/** By member id. */
export type Changes = Readonly<Record<string, Written>> | 'error'

export interface StoryMember {
  readonly id: string
  readonly instance?: string
  readonly rack?: string
  readonly topics: readonly string[]
  /** The static member whose place it takes. */
  readonly follows?: string
  /** What it has, whatever came before. */
  readonly target?: Written
}

export interface StoryStep {
  readonly assignor: 'range' | 'uniform'
  readonly isHomogeneous: boolean
  /** Partitions by topic id. */
  readonly topics: Readonly<Record<string, number>>
  readonly members: readonly StoryMember[]
}

export interface Story {
  readonly steps: readonly StoryStep[]
}

const assignors: Readonly<Record<StoryStep['assignor'], Assignor>> = { range: rangeAssignor, uniform: uniformAssignor }

const given = (written: Written): Assignment =>
  new Map(written.map(([topicId, partitions]) => [uuidFromString(topicId), new Set(partitions)]))

const written = (assignment: Assignment): Written =>
  [...assignment].map(([topicId, partitions]) => [uuidToString(topicId), [...partitions]])

type Targets = ReadonlyMap<string, Assignment>

function membersOf(step: StoryStep, targets: Targets): Map<string, MemberSpec> {
  const members = new Map<string, MemberSpec>()
  for (const { id, instance = null, topics, follows = id, target } of step.members) {
    const assignment = target === undefined ? (targets.get(follows) ?? new Map()) : given(target)
    members.set(id, {
      memberId: id,
      instanceId: instance,
      topicIds: new Set(topics.map(uuidFromString)),
      assignment,
    })
  }
  return members
}

/** The targets after a step, or undefined where the assignor refused. */
function assign(step: StoryStep, members: ReadonlyMap<string, MemberSpec>): Targets | undefined {
  const topics = { partitionCount: (topicId: Uuid): number => step.topics[uuidToString(topicId)] ?? -1 }
  try {
    return assignors[step.assignor].assign({ members, isHomogeneous: step.isHomogeneous }, topics)
  } catch (error) {
    if (error instanceof AssignorError) return undefined
    throw error
  }
}

export function tell(story: Story): Changes[] {
  let targets: Targets = new Map()
  return story.steps.map((step): Changes => {
    const members = membersOf(step, targets)
    const next = assign(step, members)
    if (next === undefined) return 'error'
    targets = next
    const changed = [...next].filter(([id, assignment]) => assignment !== members.get(id)?.assignment)
    return Object.fromEntries(changed.map(([id, assignment]) => [id, written(assignment)]))
  })
}
