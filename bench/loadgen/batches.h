/*
 * Record batches, and the Produce requests around them, made once before the clock runs.
 */
#define KEY_SIZE 16
#define KEYED_MAX 65536

/* Where the keys of a batch stand, relative to its start. */
static struct {
  size_t at[KEYED_MAX];
  int count;
} key_places;

/* Gives each record of the batch a key, and the batch its checksum. */
static void draw_keys(uint8_t *batch, size_t size) {
  for (int i = 0; i < key_places.count; i++) {
    char key[KEY_SIZE + 1];
    snprintf(key, sizeof key, "key-%012d", (int)(((int64_t)rand() * 32768 + rand()) % option.keys));
    memcpy(batch + key_places.at[i], key, KEY_SIZE);
  }
  put_at(batch + 17, crc32c(batch + 21, size - 21), 4);
}

/* Writes records into a batch until the next would pass `limit`, at least one. Returns the position of the first value. */
static size_t put_batch(Out *out, int record_size, int limit) {
  size_t start = out->size, first_value = 0;
  int count = 0, key_size = option.keys > 0 ? KEY_SIZE : 0;
  key_places.count = 0;
  out->size += BATCH_HEADER;
  for (;;) {
    uint8_t head_bytes[64] = {0};
    Out head = {head_bytes, 0};
    put_int(&head, 0, 1);
    put_varint(&head, 0);
    put_varint(&head, count);
    put_varint(&head, key_size > 0 ? key_size : -1);
    size_t key_at = head.size;
    head.size += (size_t)key_size;
    put_varint(&head, record_size);
    size_t body = head.size + record_size + 1;
    if (count > 0 && limit > 0 && out->size - start + body + 3 > (size_t)limit) break;
    put_varint(out, (int64_t)body);
    if (key_size > 0 && key_places.count < KEYED_MAX) key_places.at[key_places.count++] = out->size - start + key_at;
    put(out, head_bytes, head.size);
    if (count == 0) first_value = out->size;
    for (int i = 0; i < record_size; i++) out->data[out->size++] = (uint8_t)(rand() >> 7);
    put_varint(out, 0);
    count++;
    if (limit == 0 && count >= option.each) break;
  }
  uint8_t *batch = out->data + start;
  int64_t timestamp = wall_ms();
  put_at(batch, 0, 8);
  put_at(batch + 8, out->size - start - 12, 4);
  put_at(batch + 12, (uint64_t)-1, 4);
  batch[16] = 2;
  put_at(batch + 21, 0, 2);
  put_at(batch + 23, count - 1, 4);
  put_at(batch + 27, timestamp, 8);
  put_at(batch + 35, timestamp, 8);
  put_at(batch + 43, (uint64_t)-1, 8);
  put_at(batch + 51, (uint64_t)-1, 2);
  put_at(batch + 53, (uint64_t)-1, 4);
  put_at(batch + 57, count, 4);
  put_at(batch + 17, crc32c(batch + 21, out->size - start - 21), 4);
  return first_value;
}

typedef struct {
  Out frame;
  size_t batch_at, batch_size, value_at; /* of the only batch: positions in the frame; the size is that of all batches */
} ProduceFrame;

/* A batch for each of `spread` partitions, the first of which is `partition`. */
static ProduceFrame produce_frame(int partition, int record_size, int limit) {
  ProduceFrame made = {0};
  size_t records_size = (size_t)option.each * ((size_t)record_size + 64);
  size_t room = (limit > 0 && (size_t)limit > records_size ? (size_t)limit : records_size) + 1024;
  Out batch = {allocate(room), 0}, *out = &made.frame;
  out->data = allocate((room + 16) * (size_t)option.spread + 1024 + strlen(option.topic));
  begin_frame(out, 0, 11, 1);
  put_uvarint(out, 0); /* no transactional id */
  put_int(out, option.acks, 2);
  put_int(out, 30000, 4);
  put_uvarint(out, 2);
  put_compact(out, option.topic);
  put_uvarint(out, (uint64_t)option.spread + 1);
  for (int i = 0; i < option.spread; i++) {
    batch.size = 0;
    size_t first_value = put_batch(&batch, record_size, limit);
    put_int(out, partition + i, 4);
    put_uvarint(out, batch.size + 1);
    made.batch_at = out->size;
    made.batch_size += batch.size;
    made.value_at = made.batch_at + first_value;
    put(out, batch.data, batch.size);
    put_int(out, 0, 1); /* the tags of the partition */
  }
  put_int(out, 0, 2); /* those of the topic and of the request */
  end_frame(out);
  free(batch.data);
  return made;
}

static uint64_t get_uvarint(const uint8_t *body, size_t size, size_t *at) {
  uint64_t value = 0;
  for (int shift = 0; shift < 35 && *at < size; shift += 7) {
    uint8_t byte = body[(*at)++];
    value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
  die("a reply that ends within a number");
  return 0;
}

/* The first error code of a Produce v11 reply to a frame as above; `body` is after the size. */
static int produce_error(const uint8_t *body, size_t size) {
  size_t at = 4 + 1 + 1 + 1 + strlen(option.topic);
  uint64_t count = get_uvarint(body, size, &at);
  if (count != (uint64_t)option.spread + 1) die("a Produce reply for other partitions than %d", option.spread);
  for (uint64_t i = 1; i < count; i++) {
    if (size < at + 4 + 2 + 24 + 3) die("a short Produce reply");
    int error = (int)get_int(body + at + 4, 2);
    if (error != 0) return error;
    at += 4 + 2 + 24;
    if (body[at] != 1 || body[at + 1] != 0 || body[at + 2] != 0) die("a Produce reply with more than offsets");
    at += 3;
  }
  return 0;
}
