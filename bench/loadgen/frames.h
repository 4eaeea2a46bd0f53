/*
 * Requests that were encoded before, and the replies they must have, byte for byte: heartbeats, commits, whatever is
 * answered alike each time. Part of loadgen.c, which has the sockets and the histogram.
 *
 * The file is a list of entries: size and frame of a request (its own size in front, as it goes over the wire), size and
 * body of its reply; sizes are 4 bytes, big-endian. Connection c of n sends the entries c, c + n, c + 2n ... over and over.
 */
#define FRAME_MAX 65536

typedef struct {
  const uint8_t *request, *reply;
  size_t request_size, reply_size;
} Exchange;

typedef struct {
  int fd, index, is_waiting;
  uint8_t *out; /* what the socket has not taken yet */
  size_t out_size, out_at;
  int64_t *sent_at;
  int64_t scheduled, answered;
  uint8_t in[FRAME_MAX + 4];
  size_t in_size;
} Exchanger;

static Exchange *exchanges;
static int exchange_count;

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) die("cannot read %s: %s", path, strerror(errno));
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t *data = allocate(*size + 1);
  if (fread(data, 1, *size, file) != *size) die("cannot read %s", path);
  fclose(file);
  return data;
}

static const uint8_t *take_bytes(const uint8_t *data, size_t size, size_t *at, size_t *taken) {
  if (size - *at < 4) die("the file of frames is cut off");
  *taken = (size_t)get_int(data + *at, 4);
  *at += 4;
  if (*taken < 4 || *taken > FRAME_MAX || size - *at < *taken) die("a frame of %zu bytes in the file", *taken);
  *at += *taken;
  return data + *at - *taken;
}

static void load_exchanges(void) {
  size_t size, at = 0;
  const uint8_t *data = read_file(option.file, &size);
  exchanges = allocate((size / 16 + 1) * sizeof *exchanges);
  while (at < size) {
    Exchange *one = &exchanges[exchange_count++];
    one->request = take_bytes(data, size, &at, &one->request_size);
    one->reply = take_bytes(data, size, &at, &one->reply_size);
  }
  if (exchange_count < option.connections) die("%d frames for %d connections", exchange_count, option.connections);
}

static const Exchange *exchange_of(const Exchanger *e, int64_t sequence) {
  int own = (exchange_count - e->index + option.connections - 1) / option.connections;
  return &exchanges[e->index + (int)(sequence % own) * option.connections];
}

static Exchanger *open_exchanger(int index) {
  Exchanger *e = allocate(sizeof *e);
  e->index = index;
  e->fd = connect_or_die();
  fcntl(e->fd, F_SETFL, O_NONBLOCK);
  e->out = allocate((size_t)option.inflight * FRAME_MAX);
  e->sent_at = allocate(sizeof(int64_t) * (size_t)option.inflight);
  return e;
}

static void send_exchanges(Exchanger *e, int may_schedule) {
  int64_t at = 0;
  while (may_schedule && e->scheduled - e->answered < option.inflight) {
    const Exchange *one = exchange_of(e, e->scheduled);
    if (e->out_size + one->request_size > (size_t)option.inflight * FRAME_MAX) break;
    if (at == 0) at = now_ns();
    memcpy(e->out + e->out_size, one->request, one->request_size);
    put_at(e->out + e->out_size + CORRELATION_AT, (uint64_t)e->scheduled & 0x7fffffff, 4);
    e->out_size += one->request_size;
    e->sent_at[e->scheduled++ % option.inflight] = at;
  }
  if (e->out_at == e->out_size) return;
  ssize_t wrote = send(e->fd, e->out + e->out_at, e->out_size - e->out_at, MSG_NOSIGNAL);
  if (wrote < 0 && errno == EAGAIN) return;
  if (wrote <= 0) die("send: %s", strerror(errno));
  e->out_at += (size_t)wrote;
  if (e->out_at == e->out_size) e->out_at = e->out_size = 0;
}

static void refuse(const Exchange *one, const uint8_t *body, size_t size) {
  fprintf(stderr, "a reply other than the one that was told for frame %d:\n", (int)(one - exchanges));
  for (size_t i = 4; i < size && i < 512; i++) fprintf(stderr, "%02x", body[i]);
  fprintf(stderr, "\nwas told:\n");
  for (size_t i = 4; i < one->reply_size && i < 512; i++) fprintf(stderr, "%02x", one->reply[i]);
  fprintf(stderr, "\n");
  die("a wrong reply");
}

static void take_exchanges(Exchanger *e, int64_t time, Histogram *h) {
  ssize_t got = recv(e->fd, e->in + e->in_size, sizeof e->in - e->in_size, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) die("the broker closed the connection");
  e->in_size += (size_t)got;
  size_t at = 0;
  while (e->in_size - at >= 4) {
    size_t size = (size_t)get_int(e->in + at, 4);
    if (size < 4 || size > FRAME_MAX) die("a reply of %zu bytes", size);
    if (e->in_size - at < 4 + size) break;
    const uint8_t *body = e->in + at + 4;
    const Exchange *one = exchange_of(e, e->answered);
    if (e->answered >= e->scheduled || get_int(body, 4) != (e->answered & 0x7fffffff)) die("a reply out of order");
    if (size != one->reply_size || memcmp(body + 4, one->reply + 4, size - 4) != 0) refuse(one, body, size);
    record_ns(h, time - e->sent_at[e->answered++ % option.inflight]);
    at += 4 + size;
  }
  memmove(e->in, e->in + at, e->in_size - at);
  e->in_size -= at;
}

/* What the socket does not take now is sent when it is writable again. */
static void drive(Exchanger *e, int poller, int may_schedule) {
  int was_waiting = e->is_waiting;
  send_exchanges(e, may_schedule);
  e->is_waiting = e->out_size > 0;
  if (e->is_waiting == was_waiting) return;
  struct epoll_event wanted = {.events = EPOLLIN | (e->is_waiting ? EPOLLOUT : 0), .data.ptr = e};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, e->fd, &wanted) != 0) die("epoll_ctl: %s", strerror(errno));
}

/* A closed loop: each connection has `inflight` requests under way until the time is over. */
static void frames(void) {
  static Histogram latency;
  Exchanger *open[CONNECTIONS_MAX];
  struct epoll_event events[CONNECTIONS_MAX];
  int poller = epoll_create1(EPOLL_CLOEXEC);
  load_exchanges();
  for (int i = 0; i < option.connections; i++) {
    open[i] = open_exchanger(i);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = open[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, open[i]->fd, &wanted) != 0) die("epoll_ctl: %s", strerror(errno));
  }
  int64_t start = now_ns(), end = start + (int64_t)(option.seconds * 1e9), answered = 0, under_way = 0;
  for (int i = 0; i < option.connections; i++) {
    drive(open[i], poller, 1);
    under_way += open[i]->scheduled;
  }
  while (under_way > 0) {
    int count = epoll_wait(poller, events, option.connections, (int)(option.timeout * 1e3));
    if (count == 0) die("no reply for %.0f s", option.timeout);
    if (count < 0) die("epoll_wait: %s", strerror(errno));
    int64_t time = now_ns();
    for (int i = 0; i < count; i++) {
      Exchanger *e = events[i].data.ptr;
      int64_t had_scheduled = e->scheduled, had_answered = e->answered;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take_exchanges(e, time, &latency);
      drive(e, poller, time < end);
      answered += e->answered - had_answered;
      under_way += (e->scheduled - had_scheduled) - (e->answered - had_answered);
    }
  }
  print_result(0, answered, now_ns() - start, &latency);
}
