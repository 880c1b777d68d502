package io.fwtrail.tracer.namespaces;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Folders as a host has them in /run, /var and /proc. A namespace is a plain file, whose inode is
 * the namespace's; names are further links to it, and {@code ns/net} of a process is a symbolic
 * link with the text {@code net:[inode]}, which leads to it as well.
 */
final class FakeHost {
  /** Number of the process that asks, in a namespace that is called "own" below. */
  static final int SELF = 4242;

  private final Path root;

  FakeHost(Path root) throws IOException {
    this.root = root;
    process(SELF, "own", "0::/user.slice/user-0.slice/session-1.scope", "java");
    Files.createSymbolicLink(root.resolve("proc/self"), Path.of(Integer.toString(SELF)));
  }

  Path root() {
    return root;
  }

  /** The file that is a namespace, made if there is none. */
  private Path namespace(String key) throws IOException {
    Path file = root.resolve("namespaces").resolve(key);
    if (!Files.exists(file)) {
      Path unused = Files.createDirectories(file.getParent());
      unused = Files.createFile(file);
    }
    return file;
  }

  /** Its inode. */
  long inode(String key) throws IOException {
    return ((Number) Files.getAttribute(namespace(key), "unix:ino")).longValue();
  }

  /** Puts a process into a namespace. */
  void process(int pid, String key, String cgroup, String comm) throws IOException {
    Path ns = root.resolve("proc/" + pid + "/ns");
    Path unused = Files.createDirectories(ns);
    unused = Files.writeString(ns.resolveSibling("cgroup"), cgroup + "\n");
    unused = Files.writeString(ns.resolveSibling("comm"), comm + "\n");
    move(pid, key);
  }

  /** Has a process enter another namespace. */
  void move(int pid, String key) throws IOException {
    Path ns = root.resolve("proc/" + pid + "/ns");
    String text = "net:[" + inode(key) + "]";
    boolean unused = Files.deleteIfExists(ns.resolve("net"));
    if (!Files.exists(ns.resolve(text), LinkOption.NOFOLLOW_LINKS)) {
      link(ns.resolve(text), key);
    }
    symbolicLink(ns.resolve("net"), text);
  }

  /** A process as it is when it has ended and its parent has not asked yet. */
  void zombie(int pid) throws IOException {
    Path unused = Files.createDirectories(root.resolve("proc/" + pid + "/ns"));
  }

  /** Ends a process. */
  void end(int pid) throws IOException {
    Path process = root.resolve("proc/" + pid);
    Path gone = root.resolve("gone-" + pid);
    Path unused = Files.move(process, gone);
  }

  /** Names a namespace, as in {@code name("run/netns/blue", "b")}. */
  Path name(String path, String key) throws IOException {
    Path file = root.resolve(path);
    Path unused = Files.createDirectories(file.getParent());
    return Files.createLink(file, namespace(key));
  }

  /** Takes a name away. */
  void unname(String path) throws IOException {
    Files.delete(root.resolve(path));
  }

  /** Writes a file. */
  void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Path unused = Files.createDirectories(file.getParent());
    unused = Files.writeString(file, content);
  }

  private void link(Path path, String key) throws IOException {
    Path unused = Files.createLink(path, namespace(key));
  }

  private static void symbolicLink(Path path, String text) throws IOException {
    Path unused = Files.createSymbolicLink(path, Path.of(text));
  }
}
