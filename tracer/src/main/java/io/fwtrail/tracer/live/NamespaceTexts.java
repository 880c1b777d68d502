package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleTexts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** libnftables as it has to be called: in the network namespace whose rules it prints. */
final class NamespaceTexts {
  private NamespaceTexts() {}

  /** Opens it; null where it is not installed. */
  static @Nullable LibNftables open(NetworkNamespace namespace) throws IOException {
    return namespace.call(() -> Optional.ofNullable(LibNftables.open())).orElse(null);
  }

  /** What it prints; nothing where it is not installed. */
  static RuleTexts of(@Nullable LibNftables library, NetworkNamespace namespace) {
    if (library == null) {
      return RuleTexts.NONE;
    }
    return new RuleTexts() {
      @Override
      public Texts read() {
        return call(library::read);
      }

      @Override
      public Texts read(Collection<Place> chains) {
        return call(() -> library.read(chains));
      }

      private Texts call(Callable<Texts> reading) {
        try {
          return namespace.call(reading);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }
}
