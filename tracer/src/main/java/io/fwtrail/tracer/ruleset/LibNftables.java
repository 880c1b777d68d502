package io.fwtrail.tracer.ruleset;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
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
  /** The functions of nftables/libnftables.h that are called here. */
  private interface Functions extends Library {
    Pointer nft_ctx_new(int flags);

    void nft_ctx_free(Pointer context);

    void nft_ctx_output_set_flags(Pointer context, int flags);

    int nft_ctx_buffer_output(Pointer context);

    int nft_ctx_buffer_error(Pointer context);

    @Nullable Pointer nft_ctx_get_output_buffer(Pointer context);

    @Nullable Pointer nft_ctx_get_error_buffer(Pointer context);

    int nft_run_cmd_from_buffer(Pointer context, byte[] command);
  }

  private static final int OUTPUT_STATELESS = 1 << 2;
  private static final int OUTPUT_HANDLE = 1 << 3;
  private static final int OUTPUT_TERSE = 1 << 11;

  private final Functions functions;
  private final Pointer context;
  private boolean closed;

  private LibNftables(Functions functions, Pointer context) {
    this.functions = functions;
    this.context = context;
  }

  /**
   * Opens it in the calling thread's network namespace.
   *
   * @return null where the library is not installed
   */
  public static @Nullable LibNftables open() {
    Functions functions;
    try {
      functions = Native.load("libnftables.so.1", Functions.class);
    } catch (UnsatisfiedLinkError e) {
      return null;
    }
    Pointer context = functions.nft_ctx_new(0);
    if (context == null || context.equals(Pointer.NULL)) {
      return null;
    }
    // Counters change with every packet: left out, a rule's text stays what its owner wrote. So do
    // the elements of named sets, which may be many and which no rule's text shows.
    functions.nft_ctx_output_set_flags(context, OUTPUT_STATELESS | OUTPUT_HANDLE | OUTPUT_TERSE);
    functions.nft_ctx_buffer_output(context);
    functions.nft_ctx_buffer_error(context);
    return new LibNftables(functions, context);
  }

  @Override
  public Texts read() {
    Result result = run("list ruleset");
    return NftListing.parse(result.output());
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
    int status = functions.nft_run_cmd_from_buffer(context, text);
    return new Result(
        status == 0,
        text(functions.nft_ctx_get_output_buffer(context)),
        text(functions.nft_ctx_get_error_buffer(context)));
  }

  private static String text(@Nullable Pointer buffer) {
    return buffer == null ? "" : buffer.getString(0, "UTF-8");
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      functions.nft_ctx_free(context);
    }
  }
}
