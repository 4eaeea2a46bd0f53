/*
 * The modes topic and ping.
 */
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
