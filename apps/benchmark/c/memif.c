/*
 * Frames from one process to another over DPDK's memif (shared memory packet interface, net_memif), without huge pages and without root:
 * the client copies each frame into shared buffers, the server copies it out; both poll.
 *
 * memif SECONDS BYTES BATCH
 *
 * Prints frames a second that arrived, and processor time of both processes for a million of them, ms.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define MOST_BATCH 64
#define DESCRIPTORS 1024
#define BUFFERS 8191
#define WARM_UP_S 0.2
#define PATIENCE_S 20.0

/* What the two tell each other beside frames. */
struct shared {
  /* The server listens: a client that comes too early is not tried again. */
  volatile int listens;
  volatile double sender_cpu_s;
};

static double seconds(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
  fprintf(stderr, "memif: %s\n", what);
  exit(1);
}

/* The n-th processor that this process may use, counted round. */
static int processor(int n)
{
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("no processors");
  n %= CPU_COUNT(&allowed);
  int at = 0;
  while (!CPU_ISSET(at, &allowed) || n-- > 0) at++;
  return at;
}

/* Brings up one end on a processor of its own, where there are two; its port is 0. */
static struct rte_mempool *start(const char *role, const char *socket, int processor, struct shared *shared)
{
  char device[128];
  snprintf(device, sizeof device, "--vdev=net_memif0,role=%s,socket=%s,socket-abstract=no,bsize=2048,rsize=10", role, socket);
  char prefix[64], core[16];
  snprintf(prefix, sizeof prefix, "--file-prefix=npa-memif-%d", (int)getpid());
  snprintf(core, sizeof core, "0@%d", processor);
  char *args[] = { "memif", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-m", "64", "--log-level=error", "--lcores", core, prefix, device };
  if (rte_eal_init(sizeof args / sizeof *args, args) < 0) fail("no environment");
  struct rte_mempool *pool = rte_pktmbuf_pool_create("frames", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == NULL) fail("no buffers");
  struct rte_eth_conf conf = { 0 };
  if (rte_eth_dev_configure(0, 1, 1, &conf) != 0) fail("no port");
  if (rte_eth_rx_queue_setup(0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool) != 0) fail("no receive queue");
  if (rte_eth_tx_queue_setup(0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) != 0) fail("no transmit queue");
  double limit = seconds(CLOCK_MONOTONIC) + PATIENCE_S;
  while (strcmp(role, "client") == 0 && !shared->listens && seconds(CLOCK_MONOTONIC) < limit) usleep(1000);
  if (rte_eth_dev_start(0) != 0) fail("the port does not start");
  shared->listens = 1;
  struct rte_eth_link link = { 0 };
  while (link.link_status == 0) {
    if (seconds(CLOCK_MONOTONIC) > limit) fail("the two ends do not find each other");
    usleep(1000);
    rte_eth_link_get_nowait(0, &link);
  }
  return pool;
}

static void send_frames(const char *socket, int bytes, int batch, struct shared *shared)
{
  struct rte_mempool *pool = start("client", socket, processor(1), shared);
  struct rte_mbuf *frames[MOST_BATCH];
  uint32_t sequence = 0;
  double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
  for (;;) {
    if (rte_pktmbuf_alloc_bulk(pool, frames, batch) != 0) fail("out of buffers");
    for (int i = 0; i < batch; i++) {
      char *at = rte_pktmbuf_append(frames[i], bytes);
      uint32_t number = sequence + i;
      memcpy(at, &number, sizeof number);
    }
    int sent = rte_eth_tx_burst(0, 0, frames, batch);
    sequence += sent;
    rte_pktmbuf_free_bulk(frames + sent, batch - sent);
    shared->sender_cpu_s = seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
  }
}

static void receive_frames(const char *socket, double length, int bytes, int batch, struct shared *shared)
{
  start("server", socket, processor(0), shared);
  struct rte_mbuf *frames[MOST_BATCH];
  uint32_t expected = 0;
  uint64_t counted = 0;
  double from = 0, cpu = 0, sender_cpu = 0, now;
  double begun = seconds(CLOCK_MONOTONIC);
  for (;;) {
    int got = rte_eth_rx_burst(0, 0, frames, batch);
    for (int i = 0; i < got; i++) {
      uint32_t number;
      memcpy(&number, rte_pktmbuf_mtod(frames[i], char *), sizeof number);
      if (number != expected++ || rte_pktmbuf_pkt_len(frames[i]) != (uint32_t)bytes) fail("a frame is lost or changed");
    }
    rte_pktmbuf_free_bulk(frames, got);
    counted += got;
    now = seconds(CLOCK_MONOTONIC);
    if (from == 0 && now - begun >= WARM_UP_S) {
      from = now;
      counted = 0;
      cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
      sender_cpu = shared->sender_cpu_s;
    } else if (from != 0 && now - from >= length) break;
  }
  double used = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu + shared->sender_cpu_s - sender_cpu;
  if (counted == 0) fail("no frame arrived");
  printf("%.0f %.3f\n", counted / (now - from), used * 1e3 / (counted / 1e6));
  fflush(stdout);
}

/* The environment makes a folder for each process, and leaves it. */
static void tidy(pid_t sender)
{
  char folder[256];
  snprintf(folder, sizeof folder, "%s", rte_eal_get_runtime_dir());
  rmdir(folder);
  char *number = strrchr(folder, '-');
  if (number != NULL) {
    snprintf(number + 1, sizeof folder - (number + 1 - folder), "%d", (int)sender);
    rmdir(folder);
  }
}

int main(int argc, char **argv)
{
  if (argc != 4) fail("memif SECONDS BYTES BATCH");
  double length = atof(argv[1]);
  int bytes = atoi(argv[2]), batch = atoi(argv[3]);
  if (length <= 0 || bytes < 60 || bytes > 2000 || batch < 1 || batch > MOST_BATCH) fail("out of range");
  char socket[64];
  snprintf(socket, sizeof socket, "/tmp/npa-memif-%d.sock", (int)getpid());
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("no memory");
  pid_t sender = fork();
  if (sender < 0) fail("no process");
  if (sender == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    send_frames(socket, bytes, batch, shared);
  }
  receive_frames(socket, length, bytes, batch, shared);
  kill(sender, SIGKILL);
  waitpid(sender, NULL, 0);
  tidy(sender);
  unlink(socket);
  _exit(0);
}
