package io.fwtrail.vm;

import java.io.IOException;
import java.util.List;

/**
 * A Debian package that is taken off the machine, and put back later: from a copy of its files and
 * of what dpkg knows, as there may be no network to fetch it by.
 */
final class Removed {
  private final String copy;

  Removed(String name) throws IOException, InterruptedException {
    copy = "/var/tmp/" + name + ".tar";
    List<String> unused =
        Machine.sh(
            """
            set -e
            # Some files are not there, as where documentation is left out.
            {
              dpkg -L NAME
              ls -d /var/lib/dpkg/info/NAME.* /var/lib/dpkg/info/NAME:*.* || true
              find /var/lib/dpkg/status /var/lib/dpkg/alternatives /etc/alternatives \
                /etc/systemd/system -not -type d
              find /usr/bin /usr/sbin -lname '/etc/alternatives/*'
            } 2>/dev/null | xargs -d '\\n' ls -d 2>/dev/null >COPY.list || true
            tar -P --no-recursion -cf COPY -T COPY.list
            # systemd keeps the units that it knows: to read them anew takes up to a minute where the
            # processor is emulated, and they come back.
            SYSTEMD_OFFLINE=1 dpkg --purge --force-depends NAME
            """
                .replace("NAME", name)
                .replace("COPY", copy));
  }

  void putBack() throws IOException, InterruptedException {
    List<String> unused = Machine.sh("tar -P -xf " + copy + " && rm " + copy + "*");
  }
}
