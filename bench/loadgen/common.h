/*
 * What every mode of the load generator uses: its options, clocks, memory, and the end of a run that failed.
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

#define CONNECTIONS_MAX 1024
/* The replies to so many fit into what a producer keeps for its replies. */
#define SPREAD_MAX 1500
#define BATCH_HEADER 61
#define NS 1000000000LL

static struct {
  const char *mode, *host, *topic, *file;
  int port, connections, inflight, batch, record, acks, partitions, max, rate, keys, each, spread;
  int64_t bytes, since;
  double seconds, warmup, timeout;
} option = {.host = "127.0.0.1", .topic = "bench", .port = 9092, .connections = 1, .inflight = 5, .batch = 65536,
            .record = 1024, .acks = 1, .partitions = 1, .max = 1 << 20, .rate = 5000, .each = 1, .spread = 1, .warmup = 2,
            .timeout = 30};

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

