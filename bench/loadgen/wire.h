/*
 * CRC32C, and Kafka's primitive types as the load generator writes and reads them. No checks of room: the writer's
 * buffers are made for what is put into them.
 */
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

/* ---- CRC32C ---- */

static uint32_t crc_table[256];

static void crc_init(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
    crc_table[i] = crc;
  }
}

static uint32_t crc_by_table(const uint8_t *data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) crc = crc_table[(crc ^ data[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(const uint8_t *data, size_t size) {
  uint64_t crc = ~0u;
  for (; size >= 8; size -= 8, data += 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; size > 0; size--) crc = _mm_crc32_u8((uint32_t)crc, *data++);
  return ~(uint32_t)crc;
}
#endif

static uint32_t crc32c(const uint8_t *data, size_t size) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc_by_instruction(data, size);
#endif
  return crc_by_table(data, size);
}

/* ---- big-endian writing and reading ---- */

typedef struct {
  uint8_t *data;
  size_t size;
} Out;

static void put(Out *out, const void *data, size_t size) {
  memcpy(out->data + out->size, data, size);
  out->size += size;
}
static void put_at(uint8_t *at, uint64_t value, int width) {
  for (int i = width - 1; i >= 0; i--, value >>= 8) at[i] = (uint8_t)value;
}
static void put_int(Out *out, int64_t value, int width) {
  put_at(out->data + out->size, (uint64_t)value, width);
  out->size += width;
}
static void put_uvarint(Out *out, uint64_t value) {
  for (; value >= 128; value >>= 7) put_int(out, (int64_t)(value & 127) | 128, 1);
  put_int(out, (int64_t)value, 1);
}
static void put_varint(Out *out, int64_t value) { put_uvarint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63)); }
static void put_string(Out *out, const char *text) {
  put_int(out, (int64_t)strlen(text), 2);
  put(out, text, strlen(text));
}
static void put_compact(Out *out, const char *text) {
  put_uvarint(out, strlen(text) + 1);
  put(out, text, strlen(text));
}
static int64_t get_int(const uint8_t *at, int width) {
  uint64_t value = 0;
  for (int i = 0; i < width; i++) value = value << 8 | at[i];
  int shift = 64 - 8 * width;
  return (int64_t)(value << shift) >> shift;
}

/* A frame begins with its size, written by end_frame; flexible requests have a header with tags. */
static void begin_frame(Out *out, int key, int version, int is_flexible) {
  out->size = 4;
  put_int(out, key, 2);
  put_int(out, version, 2);
  put_int(out, 0, 4);
  put_string(out, "loadgen");
  if (is_flexible) put_int(out, 0, 1);
}
static void end_frame(Out *out) { put_at(out->data, out->size - 4, 4); }
#define CORRELATION_AT 8
