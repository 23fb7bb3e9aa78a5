/*
 * What the ring suite is measured against, in C: a ring of records between two threads with release stores or with sequentially
 * consistent ones (what JavaScript's Atomics.store is), DPDK's rte_ring where its headers are, hand-overs of one record there and
 * back, copies, and a device's loop.
 *
 *   ring release|seq_cst|rte_ring BATCH BYTES SECONDS    records a second
 *   ring spin|wake 1 16 SECONDS                          hand-overs a second, one way
 *   ring memcpy|copysum BATCH BYTES SECONDS              copies a second of processor time
 *   ring device BATCH BYTES SECONDS                      frames a second of processor time
 *
 * With two threads, each on a processor of its own, the figure is the median of many short slices in which neither lost
 * its processor; where there is no such slice, that of the fastest.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define RELAX() _mm_pause()
#else
#define RELAX() ((void)0)
#endif
#ifdef USE_DPDK
#include <rte_ring.h>
#include <rte_ring_elem.h>
#endif

enum { CAPACITY = 1024, MOST_WORDS = 16, MOST_SLICES = 1 << 20 };

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Waits for the other thread: awake, and asleep for a moment when it has done nothing for so long that it is not running. */
enum { PATIENCE = 20000 };
static inline void relax(uint32_t *looks) {
  RELAX();
  if (++*looks < PATIENCE) return;
  *looks = 0;
  nanosleep(&(struct timespec){0, 50000}, NULL);
}

struct ring {
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) _Atomic uint32_t head;
  _Alignas(128) uint32_t words[CAPACITY * MOST_WORDS];
};
static struct ring there, back;
static uint32_t batch, words;
static int ordered; /* sequentially consistent stores */
#ifdef USE_DPDK
static struct rte_ring *dpdk;
#endif

static inline __attribute__((always_inline)) void write_record(uint32_t *record, uint32_t n, uint32_t size) {
  record[0] = n << 11;
  record[1] = n >> 21;
  record[2] = 64;
  record[3] = n;
  for (uint32_t k = 4; k < size; k++) record[k] = n + k;
}

static inline __attribute__((always_inline)) uint32_t read_record(const uint32_t *record, uint32_t size) {
  uint32_t sum = (record[0] ^ record[1]) + record[2] + record[3];
  for (uint32_t k = 4; k < size; k++) sum += record[k];
  return sum;
}

static inline __attribute__((always_inline)) void publish(_Atomic uint32_t *index, uint32_t value) {
  if (ordered) atomic_store(index, value);
  else atomic_store_explicit(index, value, memory_order_release);
}

static inline __attribute__((always_inline)) void produce(uint32_t records, uint32_t size) {
  uint32_t tail = atomic_load(&there.tail), head = tail - CAPACITY;
  uint32_t looks = 0;
  for (uint32_t n = 0; n < records;) {
    while (tail - head > CAPACITY - batch) {
      head = atomic_load_explicit(&there.head, memory_order_acquire);
      if (tail - head > CAPACITY - batch) relax(&looks);
    }
    for (uint32_t k = 0; k < batch; k++, n++, tail++) write_record(there.words + (tail & (CAPACITY - 1)) * size, n, size);
    publish(&there.tail, tail);
  }
}

static inline __attribute__((always_inline)) uint32_t consume(uint32_t records, uint32_t size) {
  uint32_t head = atomic_load(&there.head), tail = head, sum = 0, looks = 0;
  for (uint32_t n = 0; n < records;) {
    uint32_t seen = tail - head;
    if (seen == 0) {
      tail = atomic_load_explicit(&there.tail, memory_order_acquire);
      if (tail == head) { relax(&looks); continue; }
      seen = tail - head;
    }
    if (seen > batch) seen = batch;
    for (uint32_t k = 0; k < seen; k++, head++) sum += read_record(there.words + (head & (CAPACITY - 1)) * size, size);
    n += seen;
    publish(&there.head, head);
  }
  return sum;
}

#ifdef USE_DPDK
static void produce_dpdk(uint32_t records) {
  uint32_t staged[64 * MOST_WORDS], looks = 0;
  for (uint32_t n = 0; n < records; n += batch) {
    for (uint32_t k = 0; k < batch; k++) write_record(staged + k * words, n + k, words);
    while (rte_ring_sp_enqueue_bulk_elem(dpdk, staged, words * 4, batch, NULL) == 0) relax(&looks);
  }
}

static uint32_t consume_dpdk(uint32_t records) {
  uint32_t staged[64 * MOST_WORDS], sum = 0, looks = 0;
  for (uint32_t n = 0; n < records;) {
    uint32_t seen = rte_ring_sc_dequeue_burst_elem(dpdk, staged, words * 4, batch, NULL);
    if (seen == 0) { relax(&looks); continue; }
    for (uint32_t k = 0; k < seen; k++) sum += read_record(staged + k * words, words);
    n += seen;
  }
  return sum;
}
#endif

/* Hand-overs: a record there, a record back, and so on. Spinning, or asleep until woken. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static int asleep;

static void hand_over(struct ring *ring, uint32_t n) {
  uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  write_record(ring->words + (tail & (CAPACITY - 1)) * 4, n, 4);
  atomic_store(&ring->tail, tail + 1);
  if (!asleep) return;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&bell);
  pthread_mutex_unlock(&lock);
}

static uint32_t receive(struct ring *ring) {
  uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed), looks = 0;
  if (!asleep) while (atomic_load_explicit(&ring->tail, memory_order_acquire) == head) relax(&looks);
  else if (atomic_load(&ring->tail) == head) {
    pthread_mutex_lock(&lock);
    while (atomic_load(&ring->tail) == head) pthread_cond_wait(&bell, &lock);
    pthread_mutex_unlock(&lock);
  }
  uint32_t sum = read_record(ring->words + (head & (CAPACITY - 1)) * 4, 4);
  atomic_store(&ring->head, head + 1);
  return sum;
}

/*
 * A slice: both threads do their part of `records`; they meet asleep first, then awake, so that they begin together. Every so many slices they
 * rest: a scheduler gives the processor at once to a thread that has slept, and lets it run for a while.
 */
enum { SLICES_A_REST = 8, REST_NS = 5000000, ENOUGH = 20 };
enum kind { RING, DPDK, HAND_OVER };
static enum kind kind;
static uint32_t records;
static pthread_barrier_t barrier;
static _Atomic uint32_t awake;
static int stopped;
static double begin, rates[MOST_SLICES], fastest;
static uint32_t slices;
static uint32_t sums[2];
static int disturbed[2];

/* How often this thread has lost its processor, or given it up. */
static long switches(void) {
  struct rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void meet(uint32_t slice) {
  atomic_fetch_add(&awake, 1);
  uint32_t looks = 0;
  while (atomic_load(&awake) < 2 * (slice + 1)) relax(&looks);
}

static void part(int role) {
  if (kind == HAND_OVER) {
    uint32_t sum = 0;
    for (uint32_t n = 0; n < records / 2; n++) {
      if (role == 0) hand_over(&there, n);
      sum += receive(role == 0 ? &back : &there);
      if (role == 1) hand_over(&back, n);
    }
    sums[role] = sum;
#ifdef USE_DPDK
  } else if (kind == DPDK) {
    if (role == 0) produce_dpdk(records);
    else sums[1] = consume_dpdk(records);
#endif
  } else if (role == 0) {
    if (words == 4) produce(records, 4);
    else produce(records, MOST_WORDS);
  } else if (words == 4) sums[1] = consume(records, 4);
  else sums[1] = consume(records, MOST_WORDS);
}

static uint32_t expected(void) {
  uint32_t record[MOST_WORDS], sum = 0;
  for (uint32_t n = 0; n < (kind == HAND_OVER ? records / 2 : records); n++) {
    write_record(record, n, words);
    sum += read_record(record, words);
  }
  return sum;
}

static double limit;

/* The first two processors that this program may use, one for each thread; nothing where there is only one. */
static void pin(int role) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  int cpu = 0;
  for (int left = role; !CPU_ISSET(cpu, &allowed) || left-- > 0;) cpu++;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void *thread(void *argument) {
  int role = *(const int *)argument;
  pthread_barrier_wait(&barrier);
  pin(role);
  uint32_t want = expected();
  double start = now(CLOCK_MONOTONIC);
  for (uint32_t slice = 0;; slice++) {
    if (slice % SLICES_A_REST == 0) nanosleep(&(struct timespec){0, REST_NS}, NULL);
    pthread_barrier_wait(&barrier);
    if (stopped) break;
    long before = switches();
    meet(slice);
    if (role == 0) begin = now(CLOCK_MONOTONIC);
    part(role);
    double end = now(CLOCK_MONOTONIC);
    if (role == 1 && sums[1] != want) exit(3);
    disturbed[role] = !asleep && switches() != before;
    pthread_barrier_wait(&barrier);
    if (role == 0) continue;
    double rate = records / (end - begin);
    if (rate > fastest) fastest = rate;
    if (!disturbed[0] && !disturbed[1]) rates[slices++] = rate;
    double spent = end - start;
    stopped = (spent > limit && slices >= ENOUGH) || spent > 4 * limit || slices == MOST_SLICES;
  }
  return NULL;
}

static int upwards(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double threads(double seconds) {
  static int first = 0, second = 1;
  pthread_t other;
  limit = seconds;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&other, NULL, thread, &second);
  thread(&first);
  pthread_join(other, NULL);
  if (slices == 0) return fastest;
  qsort(rates, slices, sizeof rates[0], upwards);
  return rates[slices / 2];
}

/* Copies, frame by frame, through 128 KiB at both ends. */
enum { WORKING_SET = 128 << 10, LOOK = 256 };

__attribute__((noinline)) static void copy(uint8_t *to, const uint8_t *from, size_t bytes) { memcpy(to, from, bytes); }

/* The sum of 16-bit words of RFC 1071, while copying. */
__attribute__((noinline)) static uint32_t copy_sum(uint8_t *restrict to, const uint8_t *restrict from, size_t bytes) {
  uint32_t sum = 0;
  const size_t pairs = bytes / 2;
  for (size_t i = 0; i < pairs; i++) {
    uint16_t word;
    memcpy(&word, from + 2 * i, 2);
    memcpy(to + 2 * i, &word, 2);
    sum += word;
  }
  if (bytes & 1) { to[bytes - 1] = from[bytes - 1]; sum += from[bytes - 1]; }
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

static volatile uint32_t result;

static double copies(int summed, size_t bytes, double seconds) {
  uint8_t *from = aligned_alloc(4096, WORKING_SET), *to = aligned_alloc(4096, WORKING_SET);
  if (from == NULL || to == NULL) exit(1);
  memset(from, 7, WORKING_SET);
  memset(to, 0, WORKING_SET);
  size_t stride = (bytes + 63) & ~(size_t)63, slots = WORKING_SET / stride, slot = 0;
  double count = 0, start = now(CLOCK_PROCESS_CPUTIME_ID), end;
  do {
    for (int k = 0; k < LOOK; k++) {
      if (summed) result = copy_sum(to + slot * stride, from + slot * stride, bytes);
      else copy(to + slot * stride, from + slot * stride, bytes);
      if (++slot == slots) slot = 0;
    }
    count += LOOK;
    end = now(CLOCK_PROCESS_CPUTIME_ID);
  } while (end - start < seconds);
  return count / (end - start);
}

/* Reads descriptors of a ring, checks them, copies the frames, writes back, counts. */
static double device(size_t bytes, double seconds) {
  static uint32_t ring[CAPACITY * 4];
  static volatile uint64_t counted[3];
  const size_t window = 64 << 20, stride = (bytes + 63) & ~(size_t)63;
  uint8_t *guest = aligned_alloc(4096, window), *buffer = aligned_alloc(4096, WORKING_SET);
  if (guest == NULL || buffer == NULL) exit(1);
  memset(guest, 7, WORKING_SET);
  memset(buffer, 0, WORKING_SET);
  for (uint32_t i = 0; i < CAPACITY; i++) {
    ring[i * 4] = (uint32_t)(i % (WORKING_SET / stride) * stride);
    ring[i * 4 + 1] = 0;
    ring[i * 4 + 2] = (uint32_t)bytes | 0x09000000;
    ring[i * 4 + 3] = 0;
  }
  uint64_t frames = 0, sum = 0, refused = 0;
  size_t at = 0;
  uint32_t index = 0;
  double start = now(CLOCK_PROCESS_CPUTIME_ID), end;
  do {
    for (int k = 0; k < LOOK; k++, index++) {
      uint32_t *d = ring + (index & (CAPACITY - 1)) * 4, command = d[2], length = command & 0xffff;
      uint64_t offset = d[0] | (uint64_t)d[1] << 32;
      if (!(command & 0x01000000) || length > window || offset > window - length) { refused++; continue; }
      if (at + length > WORKING_SET) at = 0;
      copy(buffer + at, guest + offset, length);
      at += (length + 63) & ~(size_t)63;
      frames++;
      sum += length;
      if (command & 0x08000000) atomic_store_explicit((_Atomic uint32_t *)&d[3], 1, memory_order_release);
    }
    end = now(CLOCK_PROCESS_CPUTIME_ID);
  } while (end - start < seconds);
  counted[0] = frames;
  counted[1] = sum;
  counted[2] = refused;
  return (double)counted[0] / (end - start);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const char *what = argv[1];
  batch = (uint32_t)atoi(argv[2]);
  int bytes = atoi(argv[3]);
  double seconds = atof(argv[4]), rate;
  if (batch < 1 || batch > 64 || bytes < 1 || bytes > 65535 || seconds <= 0) return 2;
  words = bytes <= 16 ? 4 : MOST_WORDS;
  if (strcmp(what, "release") == 0 || strcmp(what, "seq_cst") == 0) {
    ordered = what[0] == 's';
    records = batch == 1 ? 4096 : 16384;
    rate = threads(seconds);
  } else if (strcmp(what, "spin") == 0 || strcmp(what, "wake") == 0) {
    kind = HAND_OVER;
    asleep = what[0] == 'w';
    records = asleep ? 100 : 1000;
    rate = threads(seconds);
#ifdef USE_DPDK
  } else if (strcmp(what, "rte_ring") == 0) {
    kind = DPDK;
    records = batch == 1 ? 4096 : 16384;
    dpdk = aligned_alloc(128, ((size_t)rte_ring_get_memsize_elem(words * 4, CAPACITY * 2) + 127) & ~(size_t)127);
    if (dpdk == NULL || rte_ring_init(dpdk, "ring", CAPACITY * 2, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) return 1;
    rate = threads(seconds);
#endif
  } else if (strcmp(what, "memcpy") == 0 || strcmp(what, "copysum") == 0) rate = copies(what[0] == 'c', (size_t)bytes, seconds);
  else if (strcmp(what, "device") == 0) rate = device((size_t)bytes, seconds);
  else return 2;
  printf("%.0f\n", rate);
  return 0;
}
