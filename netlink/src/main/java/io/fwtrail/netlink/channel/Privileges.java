package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a process that root has started becomes one of the user nobody, with few capabilities and
 * only where they are needed.
 *
 * <p>Users are per thread in the kernel. The C library changes that of all threads at once, but
 * capabilities only of the thread that asks. So it is done in three steps. {@link #prepare} changes
 * what allows all threads the third. {@link #limitThread} is called before the threads begin that
 * need capabilities later: the caller and the threads that it starts have those alone from then on,
 * and are still root as far as files go. {@link #leaveRoot} changes the user of all threads: those
 * that were not limited (the JVM's own among them) have no capability after that, as the kernel
 * takes all from a thread that stops being root; the others keep theirs, as SECBIT_NO_SETUID_FIXUP
 * says (capabilities(7)).
 */
public final class Privileges {
  /** nobody and nogroup: what the kernel itself takes for "nobody known". */
  private static final int NOBODY = 65534;

  private static final int UNCHANGED = -1;

  /** linux/capability.h: two words of 32 bits for each set: effective, permitted, inheritable. */
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  private static final int SET_BYTES = 12;

  /** A capability by its number in linux/capability.h. */
  public enum Capability {
    NET_ADMIN(12),
    NET_RAW(13),
    SYS_ADMIN(21);

    private final int bit;

    Capability(int bit) {
      this.bit = bit;
    }
  }

  private Privileges() {}

  /** Whether this thread is root, of the host or of a user namespace. */
  public static boolean isRoot() {
    return LibC.geteuid() == 0;
  }

  /**
   * The first step, to be taken once and before any thread is limited: the C library aborts the
   * process where one thread may what another may not (glibc, nptl/nptl_setxid.c). No thread is in
   * a group but its own afterwards.
   *
   * @return null if that is done; else why it cannot be, and nothing that matters has changed
   */
  public static @Nullable String prepare() {
    // With nobody as the saved user a thread may become nobody without CAP_SETUID. A program that
    // is started has nothing of it, unlike with the real user, which iptables would not run with.
    if (LibC.setresgid(UNCHANGED, UNCHANGED, NOBODY) != 0) {
      return why("setresgid");
    }
    if (LibC.setresuid(UNCHANGED, UNCHANGED, NOBODY) != 0) {
      return why("setresuid");
    }
    return LibC.setgroups(0, 0) == 0 ? null : why("setgroups");
  }

  /**
   * The second step, after {@link #prepare} has succeeded. The calling thread and those that it
   * starts have no other capability from now on, nor has a program that they start.
   *
   * @param wanted what is kept, where it is there
   * @return null if that is done; else why it cannot be, and nothing that matters has changed
   */
  public static @Nullable String limitThread(Set<Capability> wanted) {
    int bits = LibC.prctl(LibC.PR_GET_SECUREBITS, 0, 0, 0, 0);
    if (LibC.prctl(LibC.PR_SET_SECUREBITS, bits | LibC.SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) {
      return why("keeping capabilities");
    }
    Set<Capability> kept = EnumSet.noneOf(Capability.class);
    if (!restrictTo(wanted, kept)) {
      return why("capset");
    }
    for (Capability each : kept) {
      // nft and iptables-nft-save are to have it, too.
      if (LibC.prctl(LibC.PR_CAP_AMBIENT, LibC.PR_CAP_AMBIENT_RAISE, each.bit, 0, 0) != 0) {
        return why("ambient capabilities");
      }
    }
    return LibC.prctl(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? null : why("no_new_privs");
  }

  private static boolean restrictTo(Set<Capability> wanted, Set<Capability> kept) {
    NativeBlock header = NativeBlock.zeroed(Long.BYTES);
    NativeBlock sets = NativeBlock.zeroed(2 * SET_BYTES);
    try {
      header.view().putInt(0, CAPABILITY_VERSION_3);
      if (LibC.capget(header.address(), sets.address()) != 0) {
        return false;
      }
      ByteBuffer view = sets.view();
      int permitted = view.getInt(Integer.BYTES);
      int mask = 0;
      for (Capability each : wanted) {
        if ((permitted >>> each.bit & 1) != 0) {
          kept.add(each);
          mask |= 1 << each.bit;
        }
      }
      for (int at = 0; at < SET_BYTES; at += Integer.BYTES) {
        view.putInt(at, mask);
        view.putInt(SET_BYTES + at, 0);
      }
      return LibC.capset(header.address(), sets.address()) == 0;
    } finally {
      header.free();
      sets.free();
    }
  }

  private static String why(String what) {
    return what + ": " + LibC.strerror(Native.getLastError());
  }

  /**
   * The third step, after {@link #limitThread} has succeeded: no thread of the process is root any
   * more, or can be again.
   *
   * @throws IOException if the kernel refuses
   */
  public static void leaveRoot() throws IOException {
    if (LibC.setresgid(NOBODY, NOBODY, NOBODY) != 0
        || LibC.setresuid(NOBODY, NOBODY, NOBODY) != 0) {
      throw NetlinkSocketException.last("becoming the user nobody");
    }
  }
}
