/*
 * The modes produce and requests: a closed loop, each connection with `inflight` requests under way.
 */
#define REPLY_ROOM 65536

/* All connections receive into this one: a thousand buffers would not stay in the processor's caches. */
static uint8_t received[REPLY_ROOM];

typedef struct {
  int fd;
  uint8_t *ring; /* `inflight` copies of the frame: slot = sequence % inflight, free again when its reply came */
  size_t frame_size, position, batch_at, batch_size;
  int64_t *sent_at;
  int64_t scheduled, sent, answered; /* counts of frames */
  uint8_t *rest; /* what came of a reply that is not there yet; NULL until the first one that comes in parts */
  size_t rest_size;
} Producer;

static Producer *open_producer(int index) {
  Producer *p = allocate(sizeof *p);
  ProduceFrame made = produce_frame(index % option.partitions, option.record, option.batch);
  p->fd = connect_and_greet();
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

static void keep_rest(Producer *p, const uint8_t *data, size_t size) {
  p->rest_size = size;
  if (size == 0) return;
  if (!p->rest) p->rest = allocate(REPLY_ROOM);
  memcpy(p->rest, data, size);
}

/* Takes what is there; returns whether there may be more. */
static int take_replies(Producer *p, Histogram *h) {
  size_t size = p->rest_size, room = REPLY_ROOM - size, at = 0;
  ssize_t got = recv(p->fd, received + size, room, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) die("the broker closed the connection");
  if (p->rest_size > 0) memcpy(received, p->rest, p->rest_size);
  size += (size_t)got;
  int64_t time = now_ns();
  while (size - at >= 4) {
    size_t reply = (size_t)get_int(received + at, 4);
    if (reply > REPLY_ROOM - 4) die("a reply of %zu bytes", reply);
    if (size - at < 4 + reply) break;
    const uint8_t *body = received + at + 4;
    if (get_int(body, 4) != (p->answered & 0x7fffffff)) die("a reply out of order");
    int error = produce_error(body, reply);
    if (error != 0) die("Produce answered error %d", error);
    record_ns(h, time - p->sent_at[p->answered % option.inflight]);
    p->answered++;
    at += 4 + reply;
  }
  keep_rest(p, received + at, size - at);
  return (size_t)got == room;
}

/*
 * Edge-triggered: an event comes when a reply arrives or a full socket has room again, so that neither is asked for, and a
 * connection that waits costs nothing.
 */
static void produce(void) {
  static Histogram latency;
  static Producer *producers[CONNECTIONS_MAX];
  static struct epoll_event events[CONNECTIONS_MAX];
  if (option.acks == 0) die("acks=0 has no replies to count");
  if (option.keys > 0 && option.spread > 1) die("keys are for one batch a request");
  int poller = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < option.connections; i++) {
    producers[i] = open_producer(i);
    struct epoll_event both = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = producers[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, producers[i]->fd, &both) != 0) die("epoll_ctl: %s", strerror(errno));
  }
  int64_t batch_size = (int64_t)producers[0]->batch_size, wanted = INT64_MAX, scheduled = 0, answered = 0;
  int64_t start = now_ns(), end = INT64_MAX, last_progress = start;
  if (option.bytes > 0) wanted = (option.bytes + batch_size - 1) / batch_size;
  if (option.seconds > 0) end = start + (int64_t)(option.seconds * 1e9);
  while (scheduled < wanted || answered < scheduled) {
    int count = epoll_wait(poller, events, option.connections, 1000);
    if (count < 0) die("epoll_wait: %s", strerror(errno));
    int64_t time = now_ns(), before = answered;
    if (time >= end && wanted > scheduled) wanted = scheduled;
    for (int i = 0; i < count; i++) {
      Producer *p = events[i].data.ptr;
      int64_t had_scheduled = p->scheduled, had_answered = p->answered;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) while (take_replies(p, &latency)) continue;
      pump(p, scheduled < wanted);
      scheduled += p->scheduled - had_scheduled;
      answered += p->answered - had_answered;
    }
    if (answered != before) last_progress = time;
    if (time - last_progress > (int64_t)(option.timeout * 1e9)) die("no reply for %.0f s", option.timeout);
  }
  print_result(answered * batch_size, answered, now_ns() - start, &latency);
}
