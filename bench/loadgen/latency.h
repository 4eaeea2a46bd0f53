/*
 * Latencies as a histogram of 64 linear steps in each power of two (an error below 1.6 %), and the line that a run prints.
 */
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

static void add_histogram(Histogram *to, const Histogram *from) {
  for (size_t i = 0; i < 64 * 64; i++) to->counts[i] += from->counts[i];
  to->total += from->total;
  if (from->max_ns > to->max_ns) to->max_ns = from->max_ns;
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
