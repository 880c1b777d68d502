package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nflog.Nflog;
import io.fwtrail.netlink.nflog.NflogBinding;
import io.fwtrail.netlink.nflog.NflogGroupTakenException;
import io.netty.util.concurrent.Future;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Has the kernel send what legacy tables trace to the channel that hears nf_tables: then one socket
 * has the hops of both in the order in which the packet met them.
 */
final class LegacyListening implements Closeable {
  private static final long PATIENCE_SECONDS = 5;

  private final NfLogSetting setting;

  private LegacyListening(NfLogSetting setting) {
    this.setting = setting;
  }

  /**
   * Begins. To be called on another thread than the channel's event loop.
   *
   * @throws NflogGroupTakenException if another program receives them
   * @throws IOException if the kernel cannot send them
   */
  static LegacyListening start(
      NetlinkChannel channel, NetworkNamespace namespace, NfLogNote.Keeper note)
      throws IOException {
    Future<Boolean> bound = NflogBinding.bind(channel, Nflog.GROUP_TRACE);
    if (!bound.awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the kernel did not answer whether NFLOG can be had");
    }
    if (!bound.isSuccess()) {
      throw bound.cause() instanceof IOException e ? e : new IOException(bound.cause());
    }
    return new LegacyListening(NfLogSetting.change(namespace, NfLogSetting.toNetlink(), note));
  }

  /** Puts the kernel's setting back; the group is free when the channel is closed. */
  @Override
  public void close() throws IOException {
    setting.close();
  }
}
