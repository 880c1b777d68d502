package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Messages as the kernel's nf_tables sends them, written by hand: attribute numbers are those of
 * linux/netfilter/nf_tables.h.
 */
public final class NfMessages {
  private NfMessages() {}

  /** Writes one expression of a rule. */
  public interface Expression extends Consumer<MessageWriter> {}

  /** A message of a command with the attributes that {@code body} writes. */
  public static byte[] message(int command, NfFamily family, Consumer<MessageWriter> body) {
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter writer = new MessageWriter(buffer);
    writer
        .begin(
            Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, command), NetlinkConstants.FLAG_MULTI, 0)
        .raw((byte) family.number(), (byte) 0, (byte) 0, (byte) 0);
    body.accept(writer);
    writer.end();
    return ByteBufUtil.getBytes(buffer);
  }

  /** NFT_MSG_NEWGEN. */
  public static byte[] generation(long number) {
    return message(NfTables.NEWGEN, NfFamily.UNSPECIFIED, w -> w.bigEndianInt(1, (int) number));
  }

  /** NFT_MSG_NEWTABLE. */
  public static byte[] table(NfFamily family, String name, long handle, int flags, int owner) {
    return message(
        NfTables.NEWTABLE,
        family,
        w -> {
          w.string(1, name).bigEndianInt(2, flags).bigEndianLong(4, handle);
          if (owner != 0) {
            w.bigEndianInt(7, owner);
          }
        });
  }

  /** NFT_MSG_NEWCHAIN of a chain that is only jumped to. */
  public static byte[] chain(NfFamily family, String table, String name) {
    return message(
        NfTables.NEWCHAIN, family, w -> w.string(1, table).bigEndianLong(2, 1).string(3, name));
  }

  /** NFT_MSG_NEWCHAIN of a base chain. */
  public static byte[] base(
      NfFamily family,
      String table,
      String name,
      String type,
      int hook,
      int priority,
      int policy,
      String... devices) {
    return message(
        NfTables.NEWCHAIN,
        family,
        w -> {
          w.string(1, table).string(3, name).beginNested(4);
          w.bigEndianInt(1, hook).bigEndianInt(2, priority);
          if (devices.length > 0) {
            w.beginNested(4);
            for (String device : devices) {
              w.string(1, device);
            }
            w.endNested();
          }
          w.endNested().bigEndianInt(5, policy).string(7, type);
        });
  }

  /** NFT_MSG_NEWRULE, its expressions written with {@link #expression}. */
  public static byte[] rule(
      NfFamily family,
      String table,
      String chain,
      long handle,
      String comment,
      Consumer<MessageWriter> expressions) {
    return message(
        NfTables.NEWRULE,
        family,
        w -> {
          w.string(1, table).string(2, chain).bigEndianLong(3, handle).beginNested(4);
          expressions.accept(w);
          w.endNested();
          if (comment != null) {
            byte[] text = (comment + "\0").getBytes(StandardCharsets.UTF_8);
            byte[] data = new byte[text.length + 2];
            data[1] = (byte) text.length;
            System.arraycopy(text, 0, data, 2, text.length);
            w.bytes(7, data);
          }
        });
  }

  /** One expression of a rule, with the attributes that {@code data} writes. */
  public static Expression expression(String name, Consumer<MessageWriter> data) {
    return w -> {
      w.beginNested(1).string(1, name).beginNested(2);
      data.accept(w);
      w.endNested().endNested();
    };
  }

  /** {@code immediate}: a verdict, with the chain that it leads to or null. */
  public static Expression verdict(int code, String target) {
    return expression(
        "immediate",
        w -> {
          w.bigEndianInt(1, 0).beginNested(2).beginNested(2).bigEndianInt(1, code);
          if (target != null) {
            w.string(2, target);
          }
          w.endNested().endNested();
        });
  }

  /** {@code immediate}: four bytes in host order into a register. */
  public static Expression constant(int register, int value) {
    byte[] bytes = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
    return expression(
        "immediate", w -> w.bigEndianInt(1, register).beginNested(2).bytes(1, bytes).endNested());
  }

  /** {@code meta set}: key 3 is the packet's mark. */
  public static Expression setMeta(int key, int register) {
    return expression("meta", w -> w.bigEndianInt(2, key).bigEndianInt(3, register));
  }

  /** NLMSG_DONE. */
  public static byte[] done() {
    ByteBuf buffer = Unpooled.buffer();
    new MessageWriter(buffer)
        .begin(NetlinkConstants.TYPE_DONE, NetlinkConstants.FLAG_MULTI, 0)
        .raw(new byte[4])
        .end();
    return ByteBufUtil.getBytes(buffer);
  }

  /** NLMSG_ERROR with an errno; 0 is an acknowledgement. */
  public static byte[] error(int errno) {
    ByteBuf buffer = Unpooled.buffer();
    new MessageWriter(buffer)
        .begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_CAPPED, 0)
        .raw(ByteBuffer.allocate(20).order(ByteOrder.nativeOrder()).putInt(-errno).array())
        .end();
    return ByteBufUtil.getBytes(buffer);
  }

  /** The message as an answer to {@code request}: with its sequence number. */
  public static byte[] answering(byte[] request, byte[] message) {
    byte[] answer = message.clone();
    System.arraycopy(request, 8, answer, 8, 4);
    return answer;
  }

  /** The command of a request, NFT_MSG_GET*. */
  public static int command(byte[] request) {
    return Nfnetlink.command(
        ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).getShort(4) & 0xffff);
  }
}
