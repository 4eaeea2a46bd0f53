/*
 * Load generator of the benchmarks: speaks just enough of Kafka's wire format to load a broker at a small, known cost
 * of its own, and prints one line of JSON. One thread, with poll(2) or, for the many connections
 * of frames, epoll(7); two threads for the end-to-end mode.
 *
 *   loadgen MODE key=value ...
 *
 *   topic     topic= partitions=1                       CreateTopics v5
 *   ping      since=NS timeout=30                       until the first answer to ApiVersions v0
 *   produce   topic= connections=1 inflight=5 batch=65536 record=1024 acks=1 bytes=1000000000 | seconds=10
 *             Produce v11, one batch a request, partition = connection modulo `partitions`; `keys=N`: each record has
 *             one of N keys of 16 bytes, drawn at random
 *   requests  the same, with one record of 100 bytes a batch, 4 connections, 20 in flight, 10 seconds
 *   fetch     topic= connections=1 max=1048576 bytes=1000000000       Fetch v11, from offset 0 over and over
 *   e2e       topic= rate=5000 each=1 record=1024 seconds=10 warmup=2 acks=1; the topic must be empty; `each` records go in a
 *             request when the last of them is due, and latency is from the time the first was scheduled, not from the time it was sent
 *   frames    file= connections=1 inflight=5 seconds=10               requests and replies of a file, see frames.h
 *   common    host=127.0.0.1 port=9092
 *
 * Latencies are milliseconds; MB is 10^6 bytes of record batches. Any error code in a reply ends the run with status 1.
 * Needs Linux, and x86-64 with SSE 4.2 for the fast CRC (a table otherwise). Not a client: no retry, no metadata.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "wire.h"

#define CONNECTIONS_MAX 256
#define BATCH_HEADER 61
#define NS 1000000000LL

static struct {
  const char *mode, *host, *topic, *file;
  int port, connections, inflight, batch, record, acks, partitions, max, rate, keys, each;
  int64_t bytes, since;
  double seconds, warmup, timeout;
} option = {.host = "127.0.0.1", .topic = "bench", .port = 9092, .connections = 1, .inflight = 5, .batch = 65536,
            .record = 1024, .acks = 1, .partitions = 1, .max = 1 << 20, .rate = 5000, .each = 1, .warmup = 2, .timeout = 30};

static void die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(stderr, "loadgen %s: ", option.mode ? option.mode : "");
  vfprintf(stderr, format, list);
  fprintf(stderr, "\n");
  va_end(list);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * NS + t.tv_nsec;
}

static int64_t wall_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static double own_cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (!memory) die("no memory for %zu bytes", size);
  return memory;
}

/* ---- record batches ---- */

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
  size_t batch_at, batch_size, value_at; /* positions in the frame */
} ProduceFrame;

static ProduceFrame produce_frame(int partition, int record_size, int limit) {
  ProduceFrame made = {0};
  size_t records_size = (size_t)option.each * ((size_t)record_size + 64);
  size_t room = (limit > 0 && (size_t)limit > records_size ? (size_t)limit : records_size) + 1024 + strlen(option.topic);
  Out batch = {allocate(room), 0}, *out = &made.frame;
  size_t first_value = put_batch(&batch, record_size, limit);
  out->data = allocate(room + 1024);
  begin_frame(out, 0, 11, 1);
  put_uvarint(out, 0); /* no transactional id */
  put_int(out, option.acks, 2);
  put_int(out, 30000, 4);
  put_uvarint(out, 2);
  put_compact(out, option.topic);
  put_uvarint(out, 2);
  put_int(out, partition, 4);
  put_uvarint(out, batch.size + 1);
  made.batch_at = out->size;
  made.batch_size = batch.size;
  made.value_at = made.batch_at + first_value;
  put(out, batch.data, batch.size);
  put_int(out, 0, 3); /* the tags of partition, topic and request */
  end_frame(out);
  free(batch.data);
  return made;
}

/* Where the error code stands in a Produce v9..v11 reply that holds one partition; `body` is after the size. */
static int produce_error(const uint8_t *body, size_t size) {
  size_t at = 4 + 1 + 1 + 1 + strlen(option.topic) + 1 + 4;
  return size < at + 2 ? -1000 : (int)get_int(body + at, 2);
}

/* ---- sockets ---- */

static int try_connect(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)option.port)};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  if (inet_pton(AF_INET, option.host, &address.sin_addr) != 1) die("host must be an IPv4 address: %s", option.host);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static int connect_or_die(void) {
  int fd = try_connect();
  if (fd < 0) die("cannot connect to %s:%d: %s", option.host, option.port, strerror(errno));
  struct timeval limit = {.tv_sec = (time_t)option.timeout};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return fd;
}

static int send_all(int fd, const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return -1;
    data += sent;
    size -= (size_t)sent;
  }
  return 0;
}

static int receive_all(int fd, uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t got = recv(fd, data, size, 0);
    if (got <= 0) return -1;
    data += got;
    size -= (size_t)got;
  }
  return 0;
}

/* Receives one reply into `buffer`, without its size; returns that size, or -1 when the connection is gone. */
static ssize_t receive_frame(int fd, uint8_t *buffer, size_t room) {
  uint8_t head[4];
  if (receive_all(fd, head, 4) != 0) return -1;
  int64_t size = get_int(head, 4);
  if (size < 4 || (size_t)size > room) die("a reply of %lld bytes", (long long)size);
  return receive_all(fd, buffer, (size_t)size) == 0 ? (ssize_t)size : -1;
}

/* ---- latency: 64 linear steps in each power of two, error below 1.6 % ---- */

typedef struct {
  uint64_t counts[64 * 64], total, max_ns;
} Histogram;

static void record_ns(Histogram *h, int64_t ns) {
  uint64_t v = ns < 0 ? 0 : (uint64_t)ns;
  int power = v < 64 ? 0 : 63 - __builtin_clzll(v) - 5;
  h->counts[power * 64 + (power == 0 ? v : v >> power)]++;
  h->total++;
  if (v > h->max_ns) h->max_ns = v;
}

static double percentile_ms(const Histogram *h, double fraction) {
  uint64_t seen = 0, wanted = (uint64_t)(fraction * (double)h->total);
  for (uint64_t i = 0; i < 64 * 64; i++) {
    seen += h->counts[i];
    if (seen > wanted) return (double)((i % 64) << (i / 64)) / 1e6;
  }
  return (double)h->max_ns / 1e6;
}

static void print_result(int64_t bytes, int64_t requests, int64_t elapsed_ns, const Histogram *h) {
  double seconds = (double)elapsed_ns / 1e9;
  printf("{\"mode\":\"%s\",\"bytes\":%lld,\"requests\":%lld,\"seconds\":%.6f,\"mbPerSecond\":%.3f,"
         "\"requestsPerSecond\":%.1f,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f,\"maxMs\":%.4f,\"ownCpuSeconds\":%.4f}\n",
         option.mode, (long long)bytes, (long long)requests, seconds, (double)bytes / 1e6 / seconds,
         (double)requests / seconds, percentile_ms(h, 0.5), percentile_ms(h, 0.99), percentile_ms(h, 0.999),
         (double)h->max_ns / 1e6, own_cpu_seconds());
}

/* ---- produce and requests ---- */

typedef struct {
  int fd;
  uint8_t *ring; /* `inflight` copies of the frame: slot = sequence % inflight, free again when its reply came */
  size_t frame_size, position, batch_at, batch_size;
  int64_t *sent_at;
  int64_t scheduled, sent, answered; /* counts of frames */
  uint8_t in[65536];
  size_t in_size;
} Producer;

static Producer *open_producer(int index) {
  Producer *p = allocate(sizeof *p);
  ProduceFrame made = produce_frame(index % option.partitions, option.record, option.batch);
  p->fd = connect_or_die();
  fcntl(p->fd, F_SETFL, O_NONBLOCK);
  p->frame_size = made.frame.size;
  p->batch_at = made.batch_at;
  p->batch_size = made.batch_size;
  p->ring = allocate(p->frame_size * (size_t)option.inflight);
  p->sent_at = allocate(sizeof(int64_t) * (size_t)option.inflight);
  for (int i = 0; i < option.inflight; i++) memcpy(p->ring + p->frame_size * (size_t)i, made.frame.data, p->frame_size);
  free(made.frame.data);
  return p;
}

/* Fills the window and writes as much as the socket takes. */
static void pump(Producer *p, int may_schedule) {
  int64_t at = 0;
  while (may_schedule && p->scheduled - p->answered < option.inflight) {
    int64_t slot = p->scheduled % option.inflight;
    if (at == 0) at = now_ns();
    put_at(p->ring + p->frame_size * (size_t)slot + CORRELATION_AT, (uint64_t)p->scheduled & 0x7fffffff, 4);
    if (option.keys > 0) draw_keys(p->ring + p->frame_size * (size_t)slot + p->batch_at, p->batch_size);
    p->sent_at[slot] = at;
    p->scheduled++;
  }
  while (p->sent < p->scheduled) {
    int64_t slot = p->sent % option.inflight, run = p->scheduled - p->sent;
    if (run > option.inflight - slot) run = option.inflight - slot;
    size_t want = p->frame_size * (size_t)run - p->position;
    ssize_t wrote = send(p->fd, p->ring + p->frame_size * (size_t)slot + p->position, want, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EAGAIN) return;
    if (wrote <= 0) die("send: %s", strerror(errno));
    p->position += (size_t)wrote;
    p->sent += (int64_t)(p->position / p->frame_size);
    p->position %= p->frame_size;
  }
}

static void take_replies(Producer *p, Histogram *h) {
  ssize_t got = recv(p->fd, p->in + p->in_size, sizeof p->in - p->in_size, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) die("the broker closed the connection");
  p->in_size += (size_t)got;
  size_t at = 0;
  int64_t time = now_ns();
  while (p->in_size - at >= 4) {
    size_t size = (size_t)get_int(p->in + at, 4);
    if (size > sizeof p->in - 4) die("a reply of %zu bytes", size);
    if (p->in_size - at < 4 + size) break;
    const uint8_t *body = p->in + at + 4;
    if (get_int(body, 4) != (p->answered & 0x7fffffff)) die("a reply out of order");
    int error = produce_error(body, size);
    if (error != 0) die("Produce answered error %d", error);
    record_ns(h, time - p->sent_at[p->answered % option.inflight]);
    p->answered++;
    at += 4 + size;
  }
  memmove(p->in, p->in + at, p->in_size - at);
  p->in_size -= at;
}

static void produce(void) {
  static Histogram latency;
  Producer *producers[CONNECTIONS_MAX];
  struct pollfd polled[CONNECTIONS_MAX];
  if (option.acks == 0) die("acks=0 has no replies to count");
  for (int i = 0; i < option.connections; i++) producers[i] = open_producer(i);
  ProduceFrame probe = produce_frame(0, option.record, option.batch);
  int64_t batch_size = (int64_t)probe.batch_size, wanted = INT64_MAX, scheduled = 0, answered = 0;
  int64_t start = now_ns(), end = INT64_MAX, last_progress = start;
  if (option.bytes > 0) wanted = (option.bytes + batch_size - 1) / batch_size;
  if (option.seconds > 0) end = start + (int64_t)(option.seconds * 1e9);
  for (;;) {
    int64_t time = now_ns(), before = answered;
    if (time >= end && wanted > scheduled) wanted = scheduled;
    answered = 0;
    for (int i = 0; i < option.connections; i++) {
      Producer *p = producers[i];
      int64_t had = p->scheduled;
      pump(p, scheduled < wanted);
      scheduled += p->scheduled - had;
      answered += p->answered;
      polled[i] = (struct pollfd){.fd = p->fd, .events = (short)(POLLIN | (p->sent < p->scheduled ? POLLOUT : 0))};
    }
    if (scheduled >= wanted && answered >= scheduled) break;
    if (answered != before) last_progress = time;
    if (time - last_progress > (int64_t)(option.timeout * 1e9)) die("no reply for %.0f s", option.timeout);
    if (poll(polled, (nfds_t)option.connections, 1000) < 0) die("poll: %s", strerror(errno));
    for (int i = 0; i < option.connections; i++)
      if (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) take_replies(producers[i], &latency);
  }
  print_result(answered * batch_size, answered, now_ns() - start, &latency);
}

/* ---- fetch ---- */

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

/* ---- end to end ---- */

typedef struct {
  int64_t count;        /* requests to be sent */
  int64_t measure_from; /* records scheduled before this are warm-up */
  size_t value_in_batch;
  Histogram latency;
  int64_t received;
  _Atomic int is_ready;
} EndToEnd;

static void on_record(void *context, const uint8_t *batch) {
  EndToEnd *run = context;
  int64_t scheduled = get_int(batch + run->value_in_batch, 8);
  run->received++;
  if (scheduled >= run->measure_from) record_ns(&run->latency, now_ns() - scheduled);
}

static void *consume(void *argument) {
  EndToEnd *run = argument;
  size_t room = (size_t)option.max * 2 + (1 << 20);
  uint8_t *in = allocate(room), small[1024];
  Out out = {small, 0};
  int64_t offset = 0;
  int fd = connect_or_die();
  while (run->received < run->count) {
    fetch_frame(&out, 0, 500, offset);
    if (send_all(fd, small, out.size) != 0) die("send: %s", strerror(errno));
    run->is_ready = 1;
    ssize_t size = receive_frame(fd, in, room);
    if (size < 0) die("the broker closed the consumer's connection, or was silent for %.0f s", option.timeout);
    size_t records_size;
    const uint8_t *records = fetched_records(in, (size_t)size, &records_size);
    offset = walk(records, records_size, offset, on_record, run);
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

static void end_to_end(void) {
  static EndToEnd run;
  ProduceFrame made = produce_frame(0, option.record, 0);
  uint8_t *batch = made.frame.data + made.batch_at, *in = allocate(65536);
  size_t in_size = 0;
  int64_t period = NS * option.each / option.rate, lingered = NS * (option.each - 1) / option.rate, answered = 0;
  pthread_t consumer;
  if (option.record < 8) die("record must be 8 bytes at least");
  run.value_in_batch = made.value_at - made.batch_at;
  run.count = (int64_t)((option.seconds + option.warmup) * option.rate / option.each);
  int fd = connect_or_die();
  int64_t start = now_ns() + NS / 5;
  run.measure_from = start + (int64_t)(option.warmup * 1e9);
  if (pthread_create(&consumer, NULL, consume, &run) != 0) die("no thread");
  while (!run.is_ready) usleep(1000);
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
  pthread_join(consumer, NULL);
  int64_t measured = (int64_t)run.latency.total;
  print_result(measured * (int64_t)made.batch_size, measured, now_ns() - run.measure_from, &run.latency);
}

/* ---- frames ---- */

#include "frames.h"

/* ---- topic and ping ---- */

static void topic(void) {
  uint8_t small[1024], in[4096];
  Out out = {small, 0};
  begin_frame(&out, 19, 5, 1);
  put_uvarint(&out, 2);
  put_compact(&out, option.topic);
  put_int(&out, option.partitions, 4);
  put_int(&out, 1, 2);
  put_uvarint(&out, 1);
  put_uvarint(&out, 1);
  put_int(&out, 0, 1);
  put_int(&out, 30000, 4);
  put_int(&out, 0, 1);
  put_int(&out, 0, 1);
  end_frame(&out);
  int fd = connect_or_die();
  if (send_all(fd, small, out.size) != 0) die("send: %s", strerror(errno));
  ssize_t size = receive_frame(fd, in, sizeof in);
  size_t at = 4 + 1 + 4 + 1 + 1 + strlen(option.topic);
  if (size < (ssize_t)at + 2) die("no reply to CreateTopics");
  int error = (int)get_int(in + at, 2);
  if (error != 0) die("CreateTopics answered error %d", error);
  /* The leader's node may learn of the topic a moment later: wait until a fetch of every partition succeeds. */
  for (int partition = 0; partition < option.partitions; partition++) {
    for (int64_t until = now_ns() + (int64_t)(option.timeout * 1e9);;) {
      fetch_frame(&out, partition, 0, 0);
      if (send_all(fd, small, out.size) != 0) die("send: %s", strerror(errno));
      size = receive_frame(fd, in, sizeof in);
      at = 4 + 4 + 2 + 4 + 4 + 2 + strlen(option.topic) + 4 + 4;
      if (size >= (ssize_t)at + 2 && get_int(in + at, 2) == 0) break;
      if (now_ns() > until) die("partition %d has no leader", partition);
      usleep(2000);
    }
  }
  printf("{\"mode\":\"topic\",\"topic\":\"%s\",\"partitions\":%d}\n", option.topic, option.partitions);
}

static void ping(void) {
  uint8_t small[64], *in = allocate(65536);
  Out out = {small, 0};
  int64_t start = option.since > 0 ? option.since : now_ns();
  begin_frame(&out, 18, 0, 0);
  end_frame(&out);
  for (;;) {
    int fd = try_connect();
    if (fd >= 0) {
      struct timeval limit = {.tv_sec = 1};
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ssize_t size = send_all(fd, small, out.size) == 0 ? receive_frame(fd, in, 65536) : -1;
      close(fd);
      if (size >= 6 && get_int(in + 4, 2) == 0) break;
    }
    if (now_ns() - start > (int64_t)(option.timeout * 1e9)) die("no answer in %.0f s", option.timeout);
    usleep(1000);
  }
  printf("{\"mode\":\"ping\",\"ms\":%.3f}\n", (double)(now_ns() - start) / 1e6);
}

/* ---- command line ---- */

static void set_option(const char *argument) {
  const char *equals = strchr(argument, '=');
  if (!equals) die("not key=value: %s", argument);
  size_t size = (size_t)(equals - argument);
  const char *value = equals + 1;
  struct { const char *name; int *at; int min, max; } numbers[] = {
      {"port", &option.port, 1, 65535}, {"connections", &option.connections, 1, CONNECTIONS_MAX},
      {"inflight", &option.inflight, 1, 10000}, {"batch", &option.batch, 0, 1 << 28}, {"record", &option.record, 1, 1 << 27},
      {"acks", &option.acks, -1, 1}, {"partitions", &option.partitions, 1, 100000}, {"max", &option.max, 1, 1 << 29},
      {"rate", &option.rate, 1, 1000000}, {"keys", &option.keys, 1, 1 << 30}, {"each", &option.each, 1, 1000}};
  struct { const char *name; double *at; } times[] = {
      {"seconds", &option.seconds}, {"warmup", &option.warmup}, {"timeout", &option.timeout}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (strlen(numbers[i].name) == size && strncmp(argument, numbers[i].name, size) == 0) {
      long number = atol(value);
      if (number < numbers[i].min || number > numbers[i].max) die("out of range: %s", argument);
      *numbers[i].at = (int)number;
      return;
    }
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
    if (strlen(times[i].name) == size && strncmp(argument, times[i].name, size) == 0) {
      *times[i].at = atof(value);
      return;
    }
  if (strncmp(argument, "host=", 5) == 0) option.host = value;
  else if (strncmp(argument, "topic=", 6) == 0 && strlen(value) > 0 && strlen(value) < 120) option.topic = value;
  else if (strncmp(argument, "file=", 5) == 0) option.file = value;
  else if (strncmp(argument, "bytes=", 6) == 0) option.bytes = atoll(value);
  else if (strncmp(argument, "since=", 6) == 0) option.since = atoll(value);
  else die("unknown option: %s", argument);
}

int main(int count, char **arguments) {
  crc_init();
  if (count < 2) die("usage: loadgen topic|ping|produce|requests|fetch|e2e|frames key=value ...");
  option.mode = arguments[1];
  int is_requests = strcmp(option.mode, "requests") == 0;
  if (is_requests) option.connections = 4, option.inflight = 20, option.record = 100, option.batch = 0;
  for (int i = 2; i < count; i++) set_option(arguments[i]);
  if (option.bytes == 0 && option.seconds == 0) option.seconds = 10;
  if (crc32c((const uint8_t *)"123456789", 9) != 0xe3069283u) die("CRC32C is wrong on this machine");
  if (is_requests || strcmp(option.mode, "produce") == 0) produce();
  else if (strcmp(option.mode, "fetch") == 0) fetch();
  else if (strcmp(option.mode, "e2e") == 0) end_to_end();
  else if (strcmp(option.mode, "topic") == 0) topic();
  else if (strcmp(option.mode, "ping") == 0) ping();
  else if (strcmp(option.mode, "frames") == 0 && option.file) frames();
  else die("unknown mode");
  return 0;
}
