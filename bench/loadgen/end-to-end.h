/*
 * The modes e2e and tail: a producer at a fixed rate, and consumers that wait at the end of the log, each in a thread of
 * its own. The first value of each batch holds the time that it was scheduled for.
 */
static struct {
  int64_t count;        /* requests to be sent */
  int64_t measure_from; /* batches scheduled before this are warm-up */
  size_t value_in_batch;
  _Atomic int ready_count;
} run;

typedef struct {
  pthread_t thread;
  Histogram latency;
  int64_t received;
} Reader;

static void on_batch(void *context, const uint8_t *batch) {
  Reader *reader = context;
  int64_t scheduled = get_int(batch + run.value_in_batch, 8);
  reader->received++;
  if (scheduled >= run.measure_from) record_ns(&reader->latency, now_ns() - scheduled);
}

static void *consume(void *argument) {
  Reader *reader = argument;
  size_t room = (size_t)option.max * 2 + (1 << 20);
  uint8_t *in = allocate(room), small[1024];
  Out out = {small, 0};
  int64_t offset = 0;
  int fd = connect_or_die(), is_ready = 0;
  while (reader->received < run.count) {
    fetch_frame(&out, 0, 500, offset);
    if (send_all(fd, small, out.size) != 0) die("send: %s", strerror(errno));
    if (!is_ready) run.ready_count++;
    is_ready = 1;
    ssize_t size = receive_frame(fd, in, room);
    if (size < 0) die("the broker closed a consumer's connection, or was silent for %.0f s", option.timeout);
    size_t records_size;
    const uint8_t *records = fetched_records(in, (size_t)size, &records_size);
    offset = walk(records, records_size, offset, on_batch, reader);
  }
  close(fd);
  return NULL;
}

/* Reads the replies that are there; `wait` blocks for the next one. Returns how many. */
static int64_t drain_replies(int fd, uint8_t *in, size_t *in_size, int wait) {
  int64_t count = 0;
  ssize_t got = recv(fd, in + *in_size, 65536 - *in_size, wait ? 0 : MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN)) die("the broker closed the producer's connection");
  if (got < 0) return wait ? (die("no reply to Produce"), 0) : 0;
  *in_size += (size_t)got;
  size_t at = 0;
  while (*in_size - at >= 4 && *in_size - at >= 4 + (size_t)get_int(in + at, 4)) {
    size_t size = (size_t)get_int(in + at, 4);
    int error = produce_error(in + at + 4, size);
    if (error != 0) die("Produce answered error %d", error);
    at += 4 + size;
    count++;
  }
  memmove(in, in + at, *in_size - at);
  *in_size -= at;
  return count;
}

static Reader *open_readers(void) {
  Reader *readers = allocate(sizeof *readers * (size_t)option.connections);
  for (int i = 0; i < option.connections; i++)
    if (pthread_create(&readers[i].thread, NULL, consume, &readers[i]) != 0) die("no thread");
  while (run.ready_count < option.connections) usleep(1000);
  return readers;
}

static void end_to_end(void) {
  static Histogram latency;
  ProduceFrame made = produce_frame(0, option.record, option.batch);
  uint8_t *batch = made.frame.data + made.batch_at, *in = allocate(65536);
  size_t in_size = 0;
  int64_t period = NS * option.each / option.rate, lingered = NS * (option.each - 1) / option.rate, answered = 0;
  if (option.record < 8) die("record must be 8 bytes at least");
  run.value_in_batch = made.value_at - made.batch_at;
  run.count = (int64_t)((option.seconds + option.warmup) * option.rate / option.each);
  int fd = connect_or_die();
  int64_t start = now_ns() + NS / 5;
  run.measure_from = start + (int64_t)(option.warmup * 1e9);
  Reader *readers = open_readers();
  for (int64_t i = 0; i < run.count; i++) {
    int64_t due = start + i * period;
    struct timespec at = {.tv_sec = (due + lingered) / NS, .tv_nsec = (due + lingered) % NS};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    put_at(batch + run.value_in_batch, (uint64_t)due, 8);
    put_at(batch + 17, crc32c(batch + 21, made.batch_size - 21), 4);
    put_at(made.frame.data + CORRELATION_AT, (uint64_t)i, 4);
    if (send_all(fd, made.frame.data, made.frame.size) != 0) die("send: %s", strerror(errno));
    answered += drain_replies(fd, in, &in_size, 0);
  }
  while (answered < run.count) answered += drain_replies(fd, in, &in_size, 1);
  for (int i = 0; i < option.connections; i++) {
    pthread_join(readers[i].thread, NULL);
    add_histogram(&latency, &readers[i].latency);
  }
  int64_t measured = (int64_t)latency.total;
  print_result(measured * (int64_t)made.batch_size, measured, now_ns() - run.measure_from, &latency);
}
