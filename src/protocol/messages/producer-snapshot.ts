/** The `.snapshot` files: what a log knows of its producers. */
import { message } from '../message.ts'
import { type Infer, i16, i32, i64, i64Big, list, u32 } from '../words.ts'

const producerEntry = {
  producerId: i64(),
  epoch: i16(),
  lastSequence: i32(),
  lastOffset: i64(),
  offsetDelta: i32(),
  timestamp: i64Big(),
  coordinatorEpoch: i32(),
  currentTxnFirstOffset: i64(),
}

export const producerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    crc: u32(),
    producerEntries: list(producerEntry),
  },
})
export interface ProducerSnapshot extends Infer<typeof producerSnapshot.fields> {}
