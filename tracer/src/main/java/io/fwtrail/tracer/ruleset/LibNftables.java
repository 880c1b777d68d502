package io.fwtrail.tracer.ruleset;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * libnftables, the library that is the {@code nft} program: it alone can print a rule as its owner
 * wrote it, and read an expression that a person typed.
 *
 * <p>A context keeps the netlink socket of the thread's network namespace in which it was made, but
 * looks up interface names in the namespace of the calling thread: call it from that namespace.
 * Calls are serialized.
 */
public final class LibNftables implements RuleTexts, AutoCloseable {
  private static final String LIBRARY = "libnftables.so.1";

  /** Of glibc's malloc.h, by JNA's direct mapping. */
  private static final class Malloc {
    static {
      Native.register(Malloc.class, Platform.C_LIBRARY_NAME);
    }

    private Malloc() {}

    static native int malloc_trim(long pad);
  }

  /** The functions of nftables/libnftables.h that are called here, likewise. */
  private static final class Nftables {
    /** Whether the library is installed. */
    static final boolean FOUND = find();

    private Nftables() {}

    private static boolean find() {
      try {
        Native.register(Nftables.class, LIBRARY);
        return true;
      } catch (UnsatisfiedLinkError e) {
        return false;
      }
    }

    static native @Nullable Pointer nft_ctx_new(int flags);

    static native void nft_ctx_free(Pointer context);

    static native void nft_ctx_output_set_flags(Pointer context, int flags);

    static native int nft_ctx_buffer_output(Pointer context);

    static native int nft_ctx_buffer_error(Pointer context);

    static native @Nullable Pointer nft_ctx_get_output_buffer(Pointer context);

    static native @Nullable Pointer nft_ctx_get_error_buffer(Pointer context);

    static native int nft_run_cmd_from_buffer(Pointer context, byte[] command);
  }

  /** So many single chains or tables are listed one by one. */
  private static final int MOST_CHAINS = 4;

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]*");

  private static final int OUTPUT_STATELESS = 1 << 2;
  private static final int OUTPUT_HANDLE = 1 << 3;
  private static final int OUTPUT_TERSE = 1 << 11;

  private Pointer context;
  private boolean closed;

  private LibNftables(Pointer context) {
    this.context = context;
  }

  /**
   * Opens it in the calling thread's network namespace.
   *
   * @return null where the library is not installed
   */
  public static @Nullable LibNftables open() {
    Pointer context = Nftables.FOUND ? newContext() : null;
    return context == null ? null : new LibNftables(context);
  }

  private static @Nullable Pointer newContext() {
    Pointer context = Nftables.nft_ctx_new(0);
    if (context == null) {
      return null;
    }
    // Counters change with every packet: left out, a rule's text stays what its owner wrote. So do
    // the elements of named sets, which may be many and which no rule's text shows.
    Nftables.nft_ctx_output_set_flags(context, OUTPUT_STATELESS | OUTPUT_HANDLE | OUTPUT_TERSE);
    Nftables.nft_ctx_buffer_output(context);
    Nftables.nft_ctx_buffer_error(context);
    return context;
  }

  /**
   * Frees what a listing has left: libnftables keeps all rules and elements that it fetched until
   * the next command, tens of megabytes where there are ten thousand rules, and glibc keeps what it
   * frees. To be called in the namespace.
   */
  private synchronized void forgetListing() {
    if (closed) {
      return;
    }
    Pointer fresh = newContext();
    if (fresh != null) {
      Nftables.nft_ctx_free(context);
      context = fresh;
      int unused = Malloc.malloc_trim(0);
    }
  }

  @Override
  public Texts read() {
    Result result = run("list ruleset");
    forgetListing();
    return NftListing.parse(result.output());
  }

  /**
   * {@inheritDoc}
   *
   * <p>To list one chain is cheaper than its table, and that is cheaper than all; but each listing
   * fetches the elements of all sets of the table, whether they are printed or not (libnftables
   * 1.0.6), so several chains together can cost more than the table.
   */
  @Override
  public Texts read(Collection<Place> chains) {
    Set<String> commands = new LinkedHashSet<>();
    chains.forEach(
        chain -> commands.add("list chain " + name(chain.table()) + " " + chain.chain()));
    if (commands.size() > MOST_CHAINS) {
      commands.clear();
      chains.forEach(chain -> commands.add("list table " + name(chain.table())));
    }
    boolean plain =
        commands.size() <= MOST_CHAINS
            && chains.stream().allMatch(c -> isPlain(c.table().name()) && isPlain(c.chain()));
    Map<RuleSet.TableKey, Map<Long, String>> all = new HashMap<>();
    for (String command : plain ? commands : Set.<String>of()) {
      Result result = run(command);
      if (!result.ok()) {
        // It is gone, or its name is a word of the language.
        return read();
      }
      NftListing.parse(result.output())
          .byTable()
          .forEach(
              (table, texts) -> all.computeIfAbsent(table, t -> new HashMap<>()).putAll(texts));
    }
    if (!plain) {
      return read();
    }
    forgetListing();
    return new Texts(all);
  }

  private static String name(RuleSet.TableKey table) {
    return table.family().keyword() + " " + table.name();
  }

  /** The kernel takes any name: one that is no plain word would be a command of its maker's. */
  private static boolean isPlain(String name) {
    return PLAIN.matcher(name).matches();
  }

  /**
   * What a command printed.
   *
   * @param ok whether it was carried out
   */
  public record Result(boolean ok, String output, String error) {}

  /** Runs one command of nft's language. */
  public synchronized Result run(String command) {
    if (closed) {
      throw new IllegalStateException("libnftables is closed");
    }
    byte[] text = (command + "\0").getBytes(StandardCharsets.UTF_8);
    int status = Nftables.nft_run_cmd_from_buffer(context, text);
    return new Result(
        status == 0,
        text(Nftables.nft_ctx_get_output_buffer(context)),
        text(Nftables.nft_ctx_get_error_buffer(context)));
  }

  private static String text(@Nullable Pointer buffer) {
    return buffer == null ? "" : buffer.getString(0, "UTF-8");
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Nftables.nft_ctx_free(context);
    }
  }
}
