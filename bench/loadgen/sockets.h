/*
 * Blocking sockets, and whole frames over them.
 */
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

/* A connection that the broker has taken up: one that waits in the queue of its listener would wait as long as others load it. */
static int connect_and_greet(void) {
  uint8_t small[64], reply[8192];
  Out out = {small, 0};
  begin_frame(&out, 18, 0, 0);
  end_frame(&out);
  int fd = connect_or_die();
  if (send_all(fd, small, out.size) != 0) die("send: %s", strerror(errno));
  ssize_t size = receive_frame(fd, reply, sizeof reply);
  if (size < 6 || get_int(reply + 4, 2) != 0) die("no reply to ApiVersions");
  return fd;
}
