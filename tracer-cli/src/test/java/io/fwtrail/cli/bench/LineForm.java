package io.fwtrail.cli.bench;

/** Where a line of output tells which packet it is about: its destination port and its length. */
enum LineForm {
  /** fwtrail: {@code udp 10.11.0.2:40000 > 10.12.0.2:5007, 60 bytes}. */
  WORDS(" > 10.12.0.2:", ", "),
  JSON("\"dport\":", "\"length\":"),
  NFT(" udp dport ", " ip length "),
  /** As the kernel logs packets: {@code LEN=60 TOS=0x00 ... DPT=5007}. */
  LOG(" DPT=", " LEN="),
  XTABLES(" DPORT=", " LEN=");

  /** An IPv4 header and a UDP header. */
  private static final int HEADERS = 28;

  private static final int SHORTEST = HEADERS + 32;

  private final String port;
  private final String length;

  LineForm(String port, String length) {
    this.port = port;
    this.length = length;
  }

  /**
   * Finds which packet of {@link Traffic#sendTimed} a line is about.
   *
   * @param end where the line ends in {@code bytes}
   * @return its number, from 0; -1 if the line tells of none
   */
  int packet(byte[] bytes, int begin, int end) {
    int at = find(port, bytes, begin, end);
    if (at < 0) {
      return -1;
    }
    int number = number(bytes, at, end) - Gateway.FIRST_PORT;
    int lengthAt = find(length, bytes, this == WORDS ? at : begin, end);
    if (lengthAt < 0 || number < 0 || number >= Gateway.PORTS) {
      return -1;
    }
    return number + Gateway.PORTS * (number(bytes, lengthAt, end) - SHORTEST);
  }

  private static int number(byte[] bytes, int begin, int end) {
    int number = 0;
    for (int i = begin; i < end && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      number = number * 10 + bytes[i] - '0';
    }
    return number;
  }

  /** The place behind the first occurrence. */
  private static int find(String wanted, byte[] bytes, int begin, int end) {
    for (int i = begin; i <= end - wanted.length(); i++) {
      int same = 0;
      while (same < wanted.length() && bytes[i + same] == wanted.charAt(same)) {
        same++;
      }
      if (same == wanted.length()) {
        return i + same;
      }
    }
    return -1;
  }
}
