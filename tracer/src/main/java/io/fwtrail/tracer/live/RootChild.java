package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.channel.Privileges;
import io.fwtrail.netlink.channel.Privileges.Capability;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.LegacyReading;
import io.fwtrail.tracer.ruleset.XtablesInfo;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A child of this process that stays root when the process gives that up, with CAP_NET_ADMIN and
 * CAP_NET_RAW alone: a shell that knows six requests and takes no words from elsewhere. It names
 * and lists the tables of iptables-legacy, which may appear at any time and show themselves to no
 * other, and keeps the note of {@link NfLogSetting}. It ends with its standard input, so also with
 * a process that was killed.
 *
 * <p>May be asked on any thread, by one at a time.
 */
public final class RootChild implements LegacyReading, NfLogNote.Keeper, Closeable {
  /**
   * Takes a request a line; the answer ends in a line of its first argument and the exit code.
   * Ctrl-C reaches all processes of a terminal, and is not meant for this one. It names tables
   * without a process for each, as the start of a trace waits for that.
   */
  private static final String SCRIPT =
      """
      exec 2>/dev/null
      trap '' HUP INT QUIT TERM
      end=$1 save4=$2 save6=$3 note=$4
      show() { while read -r name; do echo "$name"; done <"$1"; }
      while read -r what text; do
        case $what in
          names4) show /proc/self/net/ip_tables_names ;;
          names6) show /proc/self/net/ip6_tables_names ;;
          save4) "$save4" -c </dev/null ;;
          save6) "$save6" -c </dev/null ;;
          keep) mkdir -p "${note%/*}" && echo "$text" | tr ';' '\\n' >"$note" ;;
          drop) rm -f "$note" ;;
        esac
        printf '\\n%s %s\\n' "$end" "$?"
      done
      """;

  private static final String PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

  private static final long END_SECONDS = 5;

  private final NetworkNamespace namespace;
  private final String save4;
  private final String save6;
  private final FutureTask<Started> started = new FutureTask<>(this::start);

  /** Hard to meet by chance in a listing; who can write into those is root already. */
  private final String end = "end-" + ProcessHandle.current().pid() + "-" + System.nanoTime();

  private record Started(Process process, InputStream answers, XtablesInfo info4, XtablesInfo info6)
      implements Closeable {
    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      answers.close();
      info4.close();
      info6.close();
    }
  }

  private record Answer(String text, int code) {}

  private RootChild(NetworkNamespace namespace, String save4, String save6) {
    this.namespace = namespace;
    this.save4 = save4;
    this.save6 = save6;
  }

  /**
   * Starts one, between {@link Privileges#prepare} and {@link Privileges#limitThread}: on a thread
   * of its own, as that takes as long as much else. {@link #awaitStart} is called before {@link
   * Privileges#leaveRoot}.
   *
   * @return null where no program of iptables-legacy is installed, and so nothing to be asked
   */
  public static @Nullable RootChild start(NetworkNamespace namespace) {
    IptablesPrograms programs = new IptablesPrograms(namespace::call);
    String save4 = programs.legacyProgram(NfFamily.IP, "-save");
    String save6 = programs.legacyProgram(NfFamily.IP6, "-save");
    if (save4 == null && save6 == null) {
      return null;
    }
    RootChild child =
        new RootChild(namespace, save4 == null ? "" : save4, save6 == null ? "" : save6);
    Thread thread = new Thread(child.started, "root-child");
    thread.setDaemon(true);
    thread.start();
    return child;
  }

  /**
   * A child is born in the network namespace and with the capabilities of its thread, which has
   * them no longer than that takes.
   */
  private Started start() throws IOException {
    return namespace.call(
        () -> {
          XtablesInfo info4 = XtablesInfo.open(NfFamily.IP);
          XtablesInfo info6 = XtablesInfo.open(NfFamily.IP6);
          String why = Privileges.limitThread(Set.of(Capability.NET_ADMIN, Capability.NET_RAW));
          if (why != null) {
            throw new IOException(why);
          }
          ProcessBuilder shell =
              new ProcessBuilder(
                  List.of(
                      "/bin/sh",
                      "-c",
                      SCRIPT,
                      "fwtrail-root",
                      end,
                      save4,
                      save6,
                      NfLogNote.ownFile(namespace).toString()));
          shell.environment().clear();
          shell.environment().put("PATH", PATH);
          shell.redirectError(ProcessBuilder.Redirect.DISCARD);
          Process process = shell.start();
          return new Started(
              process, new BufferedInputStream(process.getInputStream()), info4, info6);
        });
  }

  /**
   * Waits until it has begun.
   *
   * @throws IOException if it could not be started
   */
  public void awaitStart() throws IOException {
    Started unused = started();
  }

  private Started started() throws IOException {
    try {
      return started.get();
    } catch (ExecutionException e) {
      throw new IOException(
          "the child that was to stay root could not be started: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private synchronized Answer ask(String request) throws IOException {
    Started child = started();
    OutputStream out = child.process.getOutputStream();
    out.write((request + '\n').getBytes(StandardCharsets.US_ASCII));
    out.flush();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int next = child.answers.read();
      if (next < 0) {
        throw new IOException("the child that stays root has ended");
      }
      if (text.size() + line.size() > IptablesPrograms.MOST_OUTPUT) {
        close(); // nobody can tell where the next answer would begin
        throw new IOException("iptables printed more than fwtrail reads");
      }
      line.write(next);
      if (next == '\n') {
        String code = codeOf(line);
        if (code != null) {
          String all = text.toString(StandardCharsets.UTF_8);
          return new Answer(all.substring(0, all.length() - 1), Integer.parseInt(code));
        }
        line.writeTo(text);
        line.reset();
      }
    }
  }

  /** What follows the mark of an answer's end; null in any other line. */
  private @Nullable String codeOf(ByteArrayOutputStream line) {
    if (line.size() > end.length() + 5) {
      return null;
    }
    String whole = line.toString(StandardCharsets.ISO_8859_1);
    return whole.startsWith(end + ' ') ? whole.substring(end.length() + 1).strip() : null;
  }

  private static String digit(NfFamily family) {
    return family == NfFamily.IP6 ? "6" : "4";
  }

  @Override
  public String names(NfFamily family) throws IOException {
    Answer answer = ask("names" + digit(family));
    if (answer.code != 0) {
      throw new NoSuchFileException("the kernel has no iptables-legacy here");
    }
    return answer.text;
  }

  @Override
  public @Nullable String save(NfFamily family) {
    try {
      Answer answer = ask("save" + digit(family));
      return answer.code == 0 ? answer.text : null;
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public @Nullable String numbers(NfFamily family, String table) throws IOException {
    Started child = started();
    synchronized (this) {
      return (family == NfFamily.IP6 ? child.info6 : child.info4).of(table);
    }
  }

  @Override
  public void keep(String text) throws IOException {
    told(ask("keep " + text.strip().replace('\n', ';')));
  }

  @Override
  public void drop() throws IOException {
    told(ask("drop"));
  }

  private static void told(Answer answer) throws IOException {
    if (answer.code != 0) {
      throw new IOException("the child that stays root failed with " + answer.code);
    }
  }

  /** Ends it, once what it was asked last is answered. */
  @Override
  public synchronized void close() throws IOException {
    Started child;
    try {
      child = started();
    } catch (IOException e) {
      return; // there is none
    }
    child.close();
    try {
      if (!child.process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        child.process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
