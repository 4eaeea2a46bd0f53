/*
 * Fetch v11 of one partition, and the mode that reads a topic over and over.
 */
static void fetch_frame(Out *out, int partition, int wait_ms, int64_t offset) {
  begin_frame(out, 1, 11, 0);
  put_int(out, -1, 4);
  put_int(out, wait_ms, 4);
  put_int(out, 1, 4);
  put_int(out, option.max, 4);
  put_int(out, 0, 1);
  put_int(out, 0, 4);  /* no session */
  put_int(out, -1, 4);
  put_int(out, 1, 4);
  put_string(out, option.topic);
  put_int(out, 1, 4);
  put_int(out, partition, 4);
  put_int(out, -1, 4);
  put_int(out, offset, 8);
  put_int(out, -1, 8);
  put_int(out, option.max, 4);
  put_int(out, 0, 4);
  put_string(out, "");
  end_frame(out);
}

/* The records of a Fetch v11 reply that holds one partition. */
static const uint8_t *fetched_records(const uint8_t *body, size_t size, size_t *records_size) {
  size_t at = 4 + 4;
  if (size < at + 2) die("a short Fetch reply");
  if (get_int(body + at, 2) != 0) die("Fetch answered error %d", (int)get_int(body + at, 2));
  at += 2 + 4 + 4;
  at += 2 + (size_t)get_int(body + at, 2) + 4 + 4;
  if (size < at + 2 + 24 + 4 + 4 + 4) die("a short Fetch reply");
  if (get_int(body + at, 2) != 0) die("Fetch answered error %d for the partition", (int)get_int(body + at, 2));
  at += 2 + 24;
  int64_t aborted = get_int(body + at, 4);
  at += 4 + (aborted > 0 ? (size_t)aborted * 16 : 0) + 4;
  int64_t length = get_int(body + at, 4);
  at += 4;
  *records_size = length < 0 ? 0 : (size_t)length;
  if (size < at + *records_size) die("a Fetch reply shorter than its records");
  return body + at;
}

typedef void (*OnBatch)(void *context, const uint8_t *batch);

/* Walks the whole batches; returns the offset after them, or `offset` when there is none. */
static int64_t walk(const uint8_t *records, size_t size, int64_t offset, OnBatch on_batch, void *context) {
  for (size_t at = 0; size - at >= BATCH_HEADER;) {
    size_t batch = 12 + (size_t)get_int(records + at + 8, 4);
    if (batch < BATCH_HEADER || size - at < batch) break;
    int64_t next = get_int(records + at, 8) + get_int(records + at + 23, 4) + 1;
    if (next <= get_int(records + at, 8)) die("a batch without records");
    if (on_batch && next > offset) on_batch(context, records + at);
    offset = next;
    at += batch;
  }
  return offset;
}

static void fetch(void) {
  static Histogram latency;
  int fds[CONNECTIONS_MAX];
  int64_t offsets[CONNECTIONS_MAX] = {0}, sent_at[CONNECTIONS_MAX], got = 0, requests = 0;
  struct pollfd polled[CONNECTIONS_MAX];
  size_t room = (size_t)option.max * 2 + (1 << 20);
  uint8_t *in = allocate(room), small[1024];
  Out out = {small, 0};
  if (option.bytes == 0) option.bytes = NS;
  int64_t start = now_ns();
  for (int i = 0; i < option.connections; i++) {
    fds[i] = connect_or_die();
    fetch_frame(&out, i % option.partitions, 500, 0);
    sent_at[i] = now_ns();
    if (send_all(fds[i], small, out.size) != 0) die("send: %s", strerror(errno));
  }
  while (got < option.bytes) {
    for (int i = 0; i < option.connections; i++) polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    /* With one connection the receive blocks by itself: no poll call on the path. */
    if (option.connections > 1 && poll(polled, (nfds_t)option.connections, 30000) <= 0) die("no reply");
    for (int i = 0; i < option.connections; i++) {
      if (option.connections > 1 && !polled[i].revents) continue;
      ssize_t size = receive_frame(fds[i], in, room);
      if (size < 0) die("the broker closed the connection, or was silent for %.0f s", option.timeout);
      size_t records_size;
      const uint8_t *records = fetched_records(in, (size_t)size, &records_size);
      record_ns(&latency, now_ns() - sent_at[i]);
      int64_t next = walk(records, records_size, offsets[i], NULL, NULL);
      if (next == offsets[i] && next == 0) die("the topic is empty, or a batch is larger than max=%d", option.max);
      offsets[i] = next == offsets[i] ? 0 : next;
      got += (int64_t)records_size;
      requests++;
      fetch_frame(&out, i % option.partitions, 0, offsets[i]);
      sent_at[i] = now_ns();
      if (send_all(fds[i], small, out.size) != 0) die("send: %s", strerror(errno));
    }
  }
  print_result(got, requests, now_ns() - start, &latency);
}
