package io.fwtrail.netlink.channel;

import java.util.ArrayDeque;

/**
 * Batches that were released, to be read into again, the last one first: its memory is still in the
 * processor's cache. Batches come back on whatever thread released them, also after the end.
 */
final class BatchPool {
  /**
   * More than this many are not kept: as many as are read before they are handed on. Of each some 2
   * MiB are touched where all datagrams were large, 256 KiB where all were small.
   */
  static final int MOST_KEPT = 8;

  private final ArrayDeque<NetlinkBatch> kept = new ArrayDeque<>(MOST_KEPT);
  private boolean closed;

  synchronized NetlinkBatch take() {
    NetlinkBatch batch = kept.pollFirst();
    if (batch == null) {
      return NetlinkBatch.allocate(this);
    }
    batch.reuse();
    return batch;
  }

  synchronized void giveBack(NetlinkBatch batch) {
    if (closed || kept.size() == MOST_KEPT) {
      batch.free();
    } else {
      kept.addFirst(batch);
    }
  }

  synchronized void close() {
    closed = true;
    kept.forEach(NetlinkBatch::free);
    kept.clear();
  }
}
