/*
 * What the benchmark's card and drivers do, in C: the same steps for each descriptor and frame, in the same order, over the same
 * rings and sizes. It is what the model is measured against; it models nothing that these steps do not need.
 *
 *   nic ACTIVE vf|wire BYTES MSS SECONDS     prints frames a second of processor time; MSS 0: frames are not cut up
 *
 * For each function and batch: a driver writes descriptors and rings; the card fetches them in bursts into memory of its own,
 * checks them, translates addresses, copies the frame into its packet buffer, finds its pools by address, copies it into each
 * pool's next receive buffer (or gives it to the wire), counts, writes back; the drivers at both ends reap and post again.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RING = 128, BATCH = 32, BURST = 40, ADDRESSES = 128, POOLS = 64, PACKET_BUFFER = 512 << 10, BUS = 0x100000 };
enum { RS = 0x08000000, EOP = 0x01000000, DEXT = 0x20000000, TYPE = 0x00300000, CONTEXT = 0x00200000, DONE = 1, HEADERS = 54 };
#define TSE 0x80000000u

struct descriptor { uint32_t word[4]; };

struct function {
  uint8_t *memory;
  uint64_t bytes;                     /* of its memory, at BUS | 1 << 32 on the bus */
  struct descriptor *tx, *rx;         /* the driver's view of the rings, offset 0 and after it */
  uint32_t tx_tail, tx_clean, rx_next;
  uint32_t data, slot, buffers, buffer_bytes, length;
  uint64_t frames, frame_bytes;       /* the driver's counts */
  /* registers and on-chip memory */
  uint32_t tdh, tdt, rdh, rdt;
  struct descriptor tx_cache[BURST], rx_cache[BURST];
  uint32_t rx_cached, rx_used;
  uint64_t gptc, gotc, gprc, gorc;
  uint32_t context[4];
};

static struct function functions[POOLS];
static uint8_t packet_buffer[PACKET_BUFFER + 16384];
static uint32_t packet_at;
/* exact filters, open addressing by address */
static uint64_t filter_key[2 * ADDRESSES], filter_pools[2 * ADDRESSES];
static uint64_t wire_frames, wire_bytes;
static uint32_t batch = BATCH, mss;

static uint8_t *translate(struct function *f, uint64_t address, uint32_t bytes) {
  uint64_t base = (1ull << 32) | BUS;
  if (address < base || address - base + bytes > f->bytes) return NULL;
  return f->memory + (address - base);
}

static uint32_t slot_of(uint64_t mac) { return (uint32_t)((mac * 0x9e3779b97f4a7c15ull) >> 56) & (2 * ADDRESSES - 1); }

static void filter(uint64_t mac, unsigned pool) {
  uint32_t i = slot_of(mac);
  while (filter_key[i] != 0 && filter_key[i] != mac) i = (i + 1) & (2 * ADDRESSES - 1);
  filter_key[i] = mac;
  filter_pools[i] |= 1ull << pool;
}

static uint64_t pools_of(uint64_t mac) {
  for (uint32_t i = slot_of(mac); filter_key[i] != 0; i = (i + 1) & (2 * ADDRESSES - 1))
    if (filter_key[i] == mac) return filter_pools[i];
  return 0;
}

static uint64_t mac_at(const uint8_t *frame) {
  uint64_t mac = 0;
  memcpy(&mac, frame, 6);
  return mac;
}

static int deliver(struct function *f, const uint8_t *frame, uint32_t bytes) {
  if (f->rx_used == f->rx_cached) {
    uint32_t available = (f->rdt - f->rdh) & (RING - 1);
    uint32_t n = available < BURST ? available : BURST;
    if (n > RING - f->rdh) n = RING - f->rdh;
    if (n == 0) return 0;
    uint8_t *ring = translate(f, ((1ull << 32) | BUS) + RING * 16 + f->rdh * 16, n * 16);
    if (ring == NULL) return 0;
    memcpy(f->rx_cache, ring, n * 16);
    f->rx_cached = n;
    f->rx_used = 0;
  }
  struct descriptor *d = &f->rx_cache[f->rx_used++];
  uint8_t *buffer = translate(f, d->word[0] | (uint64_t)d->word[1] << 32, bytes);
  if (buffer == NULL || bytes > f->buffer_bytes) return 0;
  memcpy(buffer, frame, bytes);
  struct descriptor back = {{0, 0, 3, bytes}};
  memcpy(translate(f, ((1ull << 32) | BUS) + RING * 16 + f->rdh * 16, 16), &back, 16);
  f->rdh = (f->rdh + 1) & (RING - 1);
  f->gprc++;
  f->gorc += bytes + 4;
  return 1;
}

static uint8_t *reserve(uint32_t bytes) {
  if (packet_at + bytes > PACKET_BUFFER) packet_at = 0;
  uint8_t *frame = packet_buffer + packet_at;
  packet_at = (packet_at + bytes + 63) & ~63u;
  return frame;
}

/* A frame stands in the packet buffer: spoof check, filters, copies. */
static int forward(struct function *f, uint8_t *frame, uint32_t bytes) {
  f->gptc++;
  f->gotc += bytes + 4;
  uint64_t self = 1ull << (f - functions), pools = pools_of(mac_at(frame));
  if (!(pools_of(mac_at(frame + 6)) & self)) return 0;
  if (pools == 0) { wire_frames++; wire_bytes += bytes; }
  for (; pools != 0; pools &= pools - 1)
    if (!deliver(&functions[__builtin_ctzll(pools)], frame, bytes)) exit(3);
  return 1;
}

/* The sum of RFC 1071 over memory-order words. */
static uint64_t sum_of(const uint8_t *at, uint32_t bytes, uint64_t sum) {
  for (; bytes >= 4; at += 4, bytes -= 4) { uint32_t word; memcpy(&word, at, 4); sum += word; }
  if (bytes >= 2) { uint16_t half; memcpy(&half, at, 2); sum += half; at += 2; bytes -= 2; }
  return bytes == 1 ? sum + *at : sum;
}

static uint16_t folded(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8); at[1] = (uint8_t)value; }

/* A message of TCP over IPv4: headers and a part of the payload for each segment, lengths, identification, sequence, checksums. */
static int segment(struct function *f, const uint8_t *from, uint32_t bytes) {
  uint32_t size = f->context[3] >> 16, identification = 0, sequence = 0, offset = HEADERS;
  for (; offset < bytes; offset += size) {
    uint32_t payload = bytes - offset < size ? bytes - offset : size;
    uint8_t *frame = reserve(HEADERS + payload);
    memcpy(frame, from, HEADERS);
    memcpy(frame + HEADERS, from + offset, payload);
    put16(frame + 16, 40 + payload);
    put16(frame + 18, identification++);
    put16(frame + 24, 0);
    put16(frame + 38, sequence >> 16);
    put16(frame + 40, sequence);
    sequence += payload;
    uint16_t ip = folded(sum_of(frame + 14, 20, 0));
    memcpy(frame + 24, &ip, 2);
    uint64_t pseudo = sum_of(frame + 26, 8, (uint64_t)(6 << 8) + (uint16_t)(((20 + payload) << 8) | ((20 + payload) >> 8)));
    put16(frame + 50, 0);
    uint16_t tcp = folded(sum_of(frame + 34, 20 + payload, pseudo));
    memcpy(frame + 50, &tcp, 2);
    if (!forward(f, frame, HEADERS + payload)) return 0;
  }
  return 1;
}

static void transmit(struct function *f) {
  while (f->tdh != f->tdt) {
    uint32_t n = (f->tdt - f->tdh) & (RING - 1);
    if (n > BURST) n = BURST;
    if (n > RING - f->tdh) n = RING - f->tdh;
    uint8_t *ring = translate(f, ((1ull << 32) | BUS) + f->tdh * 16, n * 16);
    if (ring == NULL) return;
    memcpy(f->tx_cache, ring, n * 16);
    for (uint32_t i = 0; i < n; i++) {
      struct descriptor *d = &f->tx_cache[i];
      uint32_t bytes = d->word[2] & 0xffff;
      if ((d->word[2] & (DEXT | TYPE)) == (DEXT | CONTEXT)) {
        memcpy(f->context, d->word, 16);
        f->tdh = (f->tdh + 1) & (RING - 1);
        continue;
      }
      if ((d->word[2] & (DEXT | TYPE | EOP)) != (DEXT | TYPE | EOP) || bytes < 14) return;
      const uint8_t *from = translate(f, d->word[0] | (uint64_t)d->word[1] << 32, bytes);
      if (from == NULL) return;
      if (d->word[2] & TSE) {
        if (d->word[3] >> 14 != bytes - HEADERS || !segment(f, from, bytes)) return;
      } else {
        if (bytes > 15872 || d->word[3] >> 14 != bytes) return;
        uint8_t *frame = reserve(bytes < 60 ? 60 : bytes);
        memcpy(frame, from, bytes);
        if (bytes < 60) { memset(frame + bytes, 0, 60 - bytes); bytes = 60; }
        if (!forward(f, frame, bytes)) return;
      }
      if (d->word[2] & RS) {
        uint32_t done = DONE;
        memcpy(ring + i * 16 + 12, &done, 4);
      }
      f->tdh = (f->tdh + 1) & (RING - 1);
    }
  }
}

static void post(struct function *f, uint32_t i) {
  f->rx[i].word[0] = BUS + f->buffers + i * f->buffer_bytes;
  f->rx[i].word[1] = 1;
  f->rx[i].word[2] = 0;
  f->rx[i].word[3] = 0;
}

static uint32_t send_batch(struct function *f) {
  if (((f->tx_tail + batch) & (RING - 1)) == f->tx_clean) return 0;
  for (uint32_t index = f->tx_tail; index < f->tx_tail + batch; index++) {
    struct descriptor *d = &f->tx[index];
    if (mss != 0 && (index & 1) == 0) {
      d->word[0] = 14 << 9 | 20;
      d->word[1] = 0;
      d->word[2] = DEXT | CONTEXT | 0x0c00;
      d->word[3] = mss << 16 | 20 << 8;
      continue;
    }
    d->word[0] = BUS + f->data + index * f->slot;
    d->word[1] = 1;
    d->word[2] = DEXT | 0x02000000 | TYPE | EOP | (mss != 0 ? TSE : 0) | f->length | (index == f->tx_tail + batch - 1 ? RS : 0);
    d->word[3] = mss != 0 ? (f->length - HEADERS) << 14 | 0x300 : f->length << 14;
  }
  f->tx_tail = (f->tx_tail + batch) & (RING - 1);
  f->tdt = f->tx_tail;
  return mss == 0 ? batch : batch / 2 * ((f->length - HEADERS + mss - 1) / mss);
}

static void reap(struct function *f) {
  while (f->tx_clean != f->tx_tail && (f->tx[f->tx_clean + batch - 1].word[3] & DONE)) f->tx_clean = (f->tx_clean + batch) & (RING - 1);
}

static void receive(struct function *f) {
  uint32_t next = f->rx_next, frames = 0;
  while (f->rx[next].word[2] & DONE) {
    f->frame_bytes += f->rx[next].word[3] & 0xffff;
    frames++;
    post(f, next);
    next = (next + 1) & (RING - 1);
  }
  if (frames == 0) return;
  f->frames += frames;
  f->rx_next = next;
  f->rdt = (next - 1) & (RING - 1);
}

static double processor_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int active = atoi(argv[1]), wire = strcmp(argv[2], "wire") == 0, bytes = atoi(argv[3]);
  mss = (uint32_t)atoi(argv[4]);
  if (mss != 0) batch = 8;
  double seconds = atof(argv[5]);
  if (active < 1 || active > 63 || bytes < 14 || bytes > (mss != 0 ? 16384 : 15000) || mss > 15000) return 2;
  uint32_t longest = mss != 0 ? mss + HEADERS : (uint32_t)bytes;
  for (int i = 0; i < active; i++) {
    struct function *f = &functions[i];
    f->length = (uint32_t)bytes;
    f->slot = ((uint32_t)bytes + 63) & ~63u;
    f->buffer_bytes = longest <= 2048 ? 2048 : (longest + 1023) & ~1023u;
    f->data = 2 * RING * 16;
    f->buffers = f->data + RING * f->slot;
    f->bytes = (f->buffers + RING * (uint64_t)f->buffer_bytes + 4095) & ~4095ull;
    f->memory = aligned_alloc(4096, f->bytes);
    if (f->memory == NULL) return 1;
    memset(f->memory, 0, f->bytes);
    f->tx = (struct descriptor *)f->memory;
    f->rx = f->tx + RING;
    uint8_t own[6] = {2, 0, 0, 0, 1, (uint8_t)i}, to[6] = {2, 0, 0, 0, 1, (uint8_t)(wire ? 0xfe : (i + 1) % active)};
    for (uint32_t s = 0; s < RING; s++) {
      uint8_t *frame = f->memory + f->data + s * f->slot;
      memcpy(frame, to, 6);
      memcpy(frame + 6, own, 6);
      static const uint8_t ip[] = {8, 0, 0x45}, plain[] = {0x88, 0xb5}, rest[] = {64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
      memcpy(frame + 12, mss != 0 ? ip : plain, mss != 0 ? 3 : 2);
      if (mss != 0) {
        memcpy(frame + 22, rest, sizeof rest);
        frame[46] = 0x50;
        frame[47] = 0x10;
        for (int k = HEADERS; k < bytes; k++) frame[k] = (uint8_t)(k * 7);
      }
      post(f, s);
    }
    f->rdt = RING - 1;
    filter(mac_at(own), (unsigned)i);
  }
  uint64_t sent = 0, arrived = 0;
  double begin = processor_seconds(), end = begin;
  while (end - begin < seconds) {
    for (int look = 0; look < 16; look++) {
      for (int i = 0; i < active; i++) {
        sent += send_batch(&functions[i]);
        transmit(&functions[i]);
      }
      for (int i = 0; i < active; i++) {
        receive(&functions[i]);
        reap(&functions[i]);
      }
    }
    end = processor_seconds();
  }
  if (wire) arrived = wire_frames;
  else for (int i = 0; i < active; i++) arrived += functions[i].frames;
  if (arrived != sent) return 3;
  printf("%.0f\n", (double)sent / (end - begin));
  return 0;
}
