/*
 * Load generator of the benchmarks: speaks just enough of Kafka's wire format to load a broker at a small, known cost
 * of its own, and prints one line of JSON. One thread, with epoll(7) where connections do not wait for each other; for the
 * end-to-end modes one thread for the producer and one for each consumer.
 *
 *   loadgen MODE key=value ...
 *
 *   topic     topic= partitions=1                       CreateTopics v5
 *   ping      since=NS timeout=30                       until the first answer to ApiVersions v0
 *   produce   topic= connections=1 inflight=5 batch=65536 record=1024 acks=1 bytes=1000000000 | seconds=10
 *             Produce v11, one batch a request, partition = connection modulo `partitions`; `keys=N`: each record has
 *             one of N keys of 16 bytes, drawn at random; `spread=N`: a batch for each of N partitions in each request
 *   requests  the same, with one record of 100 bytes a batch, 4 connections, 20 in flight, 10 seconds
 *   fetch     topic= connections=1 max=1048576 bytes=1000000000       Fetch v11, from offset 0 over and over
 *   e2e       topic= rate=5000 each=1 record=1024 seconds=10 warmup=2 acks=1; the topic must be empty; `each` records go in a
 *             request when the last of them is due, and latency is from the time the first was scheduled, not from the time it was sent
 *   tail      the same with batch=65536 a request and `rate` requests a second, for `connections` consumers that read all of it
 *   session   topic= partitions= spread= connections=1 record=100 seconds=10      fetch sessions, see session.h
 *   frames    file= connections=1 inflight=5 seconds=10               requests and replies of a file, see frames.h
 *   common    host=127.0.0.1 port=9092
 *
 * Latencies are milliseconds; MB is 10^6 bytes of record batches. Any error code in a reply ends the run with status 1.
 * Needs Linux, and x86-64 with SSE 4.2 for the fast CRC (a table otherwise). Not a client: no retry, no metadata.
 */
#include "common.h"
#include "wire.h"
#include "batches.h"
#include "sockets.h"
#include "latency.h"
#include "produce.h"
#include "fetch.h"
#include "end-to-end.h"
#include "session.h"
#include "frames.h"
#include "topics.h"

static void set_option(const char *argument) {
  const char *equals = strchr(argument, '=');
  if (!equals) die("not key=value: %s", argument);
  size_t size = (size_t)(equals - argument);
  const char *value = equals + 1;
  struct { const char *name; int *at; int min, max; } numbers[] = {
      {"port", &option.port, 1, 65535}, {"connections", &option.connections, 1, CONNECTIONS_MAX},
      {"inflight", &option.inflight, 1, 10000}, {"batch", &option.batch, 0, 1 << 28}, {"record", &option.record, 1, 1 << 27},
      {"acks", &option.acks, -1, 1}, {"partitions", &option.partitions, 1, 100000}, {"max", &option.max, 1, 1 << 29},
      {"rate", &option.rate, 1, 1000000}, {"keys", &option.keys, 1, 1 << 30}, {"each", &option.each, 1, 1000},
      {"spread", &option.spread, 1, SPREAD_MAX}};
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
  if (count < 2) die("usage: loadgen topic|ping|produce|requests|fetch|e2e|tail|session|frames key=value ...");
  option.mode = arguments[1];
  int is_requests = strcmp(option.mode, "requests") == 0;
  if (is_requests) option.connections = 4, option.inflight = 20, option.record = 100, option.batch = 0;
  int is_end_to_end = strcmp(option.mode, "e2e") == 0;
  if (is_end_to_end || strcmp(option.mode, "session") == 0) option.batch = 0;
  for (int i = 2; i < count; i++) set_option(arguments[i]);
  if (option.bytes == 0 && option.seconds == 0) option.seconds = 10;
  if (crc32c((const uint8_t *)"123456789", 9) != 0xe3069283u) die("CRC32C is wrong on this machine");
  if (is_requests || strcmp(option.mode, "produce") == 0) produce();
  else if (strcmp(option.mode, "fetch") == 0) fetch();
  else if (is_end_to_end || strcmp(option.mode, "tail") == 0) end_to_end();
  else if (strcmp(option.mode, "session") == 0) session();
  else if (strcmp(option.mode, "topic") == 0) topic();
  else if (strcmp(option.mode, "ping") == 0) ping();
  else if (strcmp(option.mode, "frames") == 0 && option.file) frames();
  else die("unknown mode");
  return 0;
}
