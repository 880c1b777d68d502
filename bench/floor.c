/*
 * The floor: what it costs at least to hear the kernel's trace messages. Reads them as fast as a
 * program can, 64 at a time, and throws them away. bin/bench measures everything else beside it.
 *
 * Usage: floor [nflog]
 *
 * With "nflog" it hears NFLOG group 0 instead, by which the legacy tables of iptables tell.
 *
 * On stderr "ready" once it hears. On stdout a line at each SIGUSR1 and at its end (SIGTERM,
 * SIGINT): messages read, and messages that the kernel dropped since the receive buffer was full.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* As fwtrail has it. */
#define RECEIVE_BUFFER (32 << 20)
#define BATCH 64
/* A trace message has some 250 bytes. What is longer is cut off, which costs no more. */
#define ROOM 4096
/* <linux/sock_diag.h>: SK_MEMINFO_DROPS, the last of SK_MEMINFO_VARS. */
#define MEMINFO_DROPS 8
#define MEMINFO_VARS 9

static volatile sig_atomic_t asked;
static volatile sig_atomic_t ended;

static void on_signal(int number) {
  if (number == SIGUSR1) {
    asked = 1;
  } else {
    ended = 1;
  }
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(void) {
  struct sockaddr_nl any = {.nl_family = AF_NETLINK};
  int size = RECEIVE_BUFFER;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) fail("floor: socket");
  if (bind(fd, (struct sockaddr *)&any, sizeof any)) fail("floor: bind");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) fail("floor: SO_RCVBUFFORCE");
  return fd;
}

static void join_trace_group(int fd) {
  int group = NFNLGRP_NFTRACE;
  if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group)) {
    fail("floor: joining the group of trace messages");
  }
}

/* Binds NFLOG group 0, a message a packet (NFULNL_CFG_QTHRESH 1), whole packets. */
static void bind_nflog(int fd) {
  struct {
    struct nlmsghdr header;
    struct nfgenmsg generic;
    struct nlattr command_header;
    struct nfulnl_msg_config_cmd command;
    char pad[3];
    struct nlattr mode_header;
    struct nfulnl_msg_config_mode mode;
    char pad2[2];
    struct nlattr threshold_header;
    __be32 threshold;
  } __attribute__((packed)) request = {
      .header = {.nlmsg_len = sizeof request,
                 .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
      .command_header = {.nla_len = 5, .nla_type = NFULA_CFG_CMD},
      .command = {.command = NFULNL_CFG_CMD_BIND},
      .mode_header = {.nla_len = 10, .nla_type = NFULA_CFG_MODE},
      .mode = {.copy_range = __builtin_bswap32(0xffff), .copy_mode = NFULNL_COPY_PACKET},
      .threshold_header = {.nla_len = 8, .nla_type = NFULA_CFG_QTHRESH},
      .threshold = __builtin_bswap32(1)};
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
  } answer = {0};
  if (send(fd, &request, sizeof request, 0) < 0) fail("floor: binding NFLOG group 0");
  if (recv(fd, &answer, sizeof answer, 0) < 0) fail("floor: binding NFLOG group 0");
  errno = -answer.error.error;
  if (errno) fail("floor: binding NFLOG group 0");
}

static void tell(int fd, unsigned long messages) {
  unsigned memory[MEMINFO_VARS] = {0};
  socklen_t length = sizeof memory;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length)) fail("floor: SO_MEMINFO");
  printf("messages %lu dropped %u\n", messages, memory[MEMINFO_DROPS]);
  fflush(stdout);
}

int main(int count, char **arguments) {
  static char room[BATCH][ROOM];
  static struct iovec parts[BATCH];
  static struct mmsghdr batch[BATCH];
  /* No SA_RESTART, so that a signal ends the wait for messages. */
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t none;
  unsigned long messages = 0;
  int fd = open_socket();

  if (count > 1 && !strcmp(arguments[1], "nflog")) {
    bind_nflog(fd);
  } else {
    join_trace_group(fd);
  }
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){room[i], ROOM};
    batch[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  fprintf(stderr, "ready\n");
  while (!ended) {
    /* A signal between the two is seen at the next one only: whoever asks, asks again. */
    int read = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
    if (read > 0) {
      messages += read;
    } else if (read < 0 && errno != EINTR && errno != ENOBUFS) { /* ENOBUFS: some were dropped */
      fail("floor: recvmmsg");
    }
    if (asked) {
      asked = 0;
      tell(fd, messages);
    }
  }
  tell(fd, messages);
  return 0;
}
