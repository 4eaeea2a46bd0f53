/*
 * The mode session: fetch sessions of all partitions of a topic, a few of which have new data each time. One round: a
 * request of the producer with a small batch for each of `spread` partitions, the next ones in turn, and when it is
 * answered one fetch of each session, which names only the partitions whose offset it has moved.
 */
typedef struct {
  int fd;
  int32_t id, epoch;
  int64_t *offsets; /* by partition */
  int *moved, moved_count;
  int64_t sent_at;
} FetchSession;

static int64_t taken_int(const uint8_t *body, size_t size, size_t *at, int width) {
  if (size - *at < (size_t)width) die("a short Fetch reply");
  *at += (size_t)width;
  return get_int(body + *at - width, width);
}

static void send_session_fetch(FetchSession *s, Out *out, int wait_ms) {
  begin_frame(out, 1, 11, 0);
  put_int(out, -1, 4);
  put_int(out, wait_ms, 4);
  put_int(out, 1, 4);
  put_int(out, option.max, 4);
  put_int(out, 0, 1);
  put_int(out, s->id, 4);
  put_int(out, s->epoch, 4);
  put_int(out, s->moved_count > 0, 4);
  if (s->moved_count > 0) {
    put_string(out, option.topic);
    put_int(out, s->moved_count, 4);
  }
  for (int i = 0; i < s->moved_count; i++) {
    put_int(out, s->moved[i], 4);
    put_int(out, -1, 4);
    put_int(out, s->offsets[s->moved[i]], 8);
    put_int(out, -1, 8);
    put_int(out, option.max, 4);
  }
  put_int(out, 0, 4); /* none is forgotten */
  put_string(out, "");
  end_frame(out);
  s->sent_at = now_ns();
  if (send_all(s->fd, out->data, out->size) != 0) die("send: %s", strerror(errno));
}

/* Moves the offset of one partition of a reply behind its records; returns their size. */
static size_t take_partition(FetchSession *s, const uint8_t *body, size_t size, size_t *at) {
  int64_t partition = taken_int(body, size, at, 4), error = taken_int(body, size, at, 2);
  if (partition < 0 || partition >= option.partitions) die("a Fetch reply with partition %d", (int)partition);
  if (error != 0) die("Fetch answered error %d for partition %d", (int)error, (int)partition);
  taken_int(body, size, at, 8);
  taken_int(body, size, at, 8);
  taken_int(body, size, at, 8);
  for (int64_t aborted = taken_int(body, size, at, 4); aborted > 0; aborted--) taken_int(body, size, at, 16);
  taken_int(body, size, at, 4);
  int64_t length = taken_int(body, size, at, 4);
  if (length <= 0) return 0;
  if (size - *at < (size_t)length) die("a Fetch reply shorter than its records");
  int64_t next = walk(body + *at, (size_t)length, s->offsets[partition], NULL, NULL);
  if (next != s->offsets[partition] && s->moved_count < option.partitions) s->moved[s->moved_count++] = (int)partition;
  s->offsets[partition] = next;
  *at += (size_t)length;
  return (size_t)length;
}

/* Leaves in `moved` what had records; returns their size. */
static size_t take_session_reply(FetchSession *s, uint8_t *in, size_t room) {
  ssize_t received = receive_frame(s->fd, in, room);
  if (received < 0) die("the broker closed a connection, or was silent for %.0f s", option.timeout);
  size_t size = (size_t)received, at = 4 + 4, records_size = 0;
  int64_t error = taken_int(in, size, &at, 2);
  if (error != 0) die("Fetch answered error %d", (int)error);
  s->id = (int32_t)taken_int(in, size, &at, 4);
  if (s->id == 0) die("the broker has no session for a fetch of %d partitions", option.partitions);
  s->epoch++;
  s->moved_count = 0;
  for (int64_t topics = taken_int(in, size, &at, 4); topics > 0; topics--) {
    int64_t name = taken_int(in, size, &at, 2);
    if (name < 0 || size - at < (size_t)name) die("a short Fetch reply");
    at += (size_t)name;
    for (int64_t left = taken_int(in, size, &at, 4); left > 0; left--) records_size += take_partition(s, in, size, &at);
  }
  return records_size;
}

static FetchSession *open_sessions(Out *out, uint8_t *in, size_t room) {
  FetchSession *sessions = allocate(sizeof *sessions * (size_t)option.connections);
  for (int i = 0; i < option.connections; i++) {
    FetchSession *s = &sessions[i];
    s->fd = connect_or_die();
    s->offsets = allocate(sizeof *s->offsets * (size_t)option.partitions);
    s->moved = allocate(sizeof *s->moved * (size_t)option.partitions);
    for (s->moved_count = 0; s->moved_count < option.partitions; s->moved_count++) s->moved[s->moved_count] = s->moved_count;
    /* The first fetch names all of them, the next ones what had records: until all of that is read. */
    do {
      send_session_fetch(s, out, 0);
      take_session_reply(s, in, room);
    } while (s->moved_count > 0);
  }
  return sessions;
}

static void session(void) {
  static Histogram latency;
  if (option.partitions % option.spread != 0) die("partitions must be a multiple of spread");
  int turns = option.partitions / option.spread, fd = connect_or_die();
  size_t room = (size_t)option.max + (size_t)option.partitions * 64 + 65536;
  uint8_t *in = allocate(room);
  Out out = {allocate((size_t)option.partitions * 32 + 1024), 0};
  ProduceFrame *frames = allocate(sizeof *frames * (size_t)turns);
  for (int i = 0; i < turns; i++) frames[i] = produce_frame(i * option.spread, option.record, 0);
  FetchSession *sessions = open_sessions(&out, in, room);
  int64_t start = now_ns(), end = start + (int64_t)(option.seconds * 1e9), bytes = 0, requests = 0;
  for (int turn = 0; now_ns() < end; turn = (turn + 1) % turns) {
    if (send_all(fd, frames[turn].frame.data, frames[turn].frame.size) != 0) die("send: %s", strerror(errno));
    ssize_t size = receive_frame(fd, in, room);
    int error = size < 0 ? -1 : produce_error(in, (size_t)size);
    if (error != 0) die("Produce answered error %d", error);
    for (int i = 0; i < option.connections; i++) send_session_fetch(&sessions[i], &out, 500);
    for (int i = 0; i < option.connections; i++) {
      bytes += (int64_t)take_session_reply(&sessions[i], in, room);
      record_ns(&latency, now_ns() - sessions[i].sent_at);
      if (sessions[i].moved_count != option.spread) die("%d partitions had records, not %d", sessions[i].moved_count, option.spread);
      requests++;
    }
  }
  print_result(bytes, requests, now_ns() - start, &latency);
}
