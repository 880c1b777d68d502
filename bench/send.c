/*
 * The traffic of bin/bench: UDP datagrams at a steady rate, or as fast as they go.
 *
 * Usage: send ADDRESS PORT PORTS PACKETS RATE [TIMES]
 *
 * Datagram i goes to port PORT + i % PORTS. RATE is in datagrams a second, 0 for flat out. With
 * TIMES, a file, each datagram is 1 byte longer than the one sent before it to the same port, so
 * that port and length tell which it is, and the file is written at the end: eight bytes a
 * datagram in this machine's order, CLOCK_MONOTONIC in ns right before it was sent.
 *
 * On stdout at the end: how many went in what time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The same each time: the first packet of a connection meets more rules than those behind it. */
#define OWN_PORT 40000
#define PAYLOAD 32
/* So that no datagram is cut into fragments. */
#define MOST_PAYLOAD 1400
/* Sleeping is no more exact than this; the rest is waited for awake. */
#define SLEEP_SLACK_NS 60000

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void wait_until(int64_t due) {
  int64_t left;
  while ((left = due - now()) > 0) {
    if (left > SLEEP_SLACK_NS) {
      struct timespec nap = {0, left - SLEEP_SLACK_NS > 999999999 ? 999999999
                                                                  : left - SLEEP_SLACK_NS};
      nanosleep(&nap, NULL);
    }
  }
}

static void write_times(const char *name, const int64_t *times, long packets) {
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(times, sizeof *times, packets, file) != (size_t)packets || fclose(file)) {
    fail(name);
  }
}

int main(int count, char **arguments) {
  static char payload[MOST_PAYLOAD];
  struct sockaddr_in to = {.sin_family = AF_INET};
  if (count < 6 || inet_pton(AF_INET, arguments[1], &to.sin_addr) != 1) {
    fprintf(stderr, "usage: send ADDRESS PORT PORTS PACKETS RATE [TIMES]\n");
    return 2;
  }
  int port = atoi(arguments[2]);
  int ports = atoi(arguments[3]);
  long packets = atol(arguments[4]);
  long rate = atol(arguments[5]);
  const char *file = count > 6 ? arguments[6] : NULL;
  if (ports < 1 || packets < 1 || (file && PAYLOAD + packets / ports >= MOST_PAYLOAD)) {
    fprintf(stderr, "send: too many packets for so few ports\n");
    return 2;
  }
  int64_t *times = file ? malloc(packets * sizeof *times) : NULL;
  if (file && !times) fail("send");
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(OWN_PORT)};
  if (fd < 0) fail("send: socket");
  if (bind(fd, (struct sockaddr *)&own, sizeof own)) fail("send: bind");

  int64_t begin = now();
  for (long i = 0; i < packets; i++) {
    size_t length = PAYLOAD + (file ? i / ports : 0);
    to.sin_port = htons(port + i % ports);
    if (rate > 0) wait_until(begin + (int64_t)(i * 1e9 / rate));
    if (file) times[i] = now();
    while (sendto(fd, payload, length, 0, (struct sockaddr *)&to, sizeof to) < 0) {
      /* The device's queue is full. */
      if (errno != ENOBUFS && errno != EAGAIN) fail("send");
    }
  }
  double seconds = (now() - begin) / 1e9;
  if (file) write_times(file, times, packets);
  printf("%ld in %.6f s\n", packets, seconds);
  return 0;
}
