package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.netty.util.internal.logging.AbstractInternalLogger;
import io.netty.util.internal.logging.FormattingTuple;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.MessageFormatter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Netty's warnings and errors as lines for the user. By itself it would write them, with traces of
 * stacks, by java.util.logging, which also takes a tenth of the time until the first hop to load.
 */
final class NettyLog extends AbstractInternalLogger {
  private static final long serialVersionUID = 1;

  /** Of these packages it warns of what is no fault: of a namespace whose interfaces are down. */
  private static final String UTIL = "io.netty.util.";

  private final boolean warns;
  private final transient Consumer<String> out;

  NettyLog(String name, Consumer<String> out) {
    super(name);
    this.out = out;
    warns = !name.startsWith(UTIL);
  }

  /** Has Netty use it; before anything of Netty's is used. */
  static void use() {
    InternalLoggerFactory.setDefaultFactory(
        new InternalLoggerFactory() {
          @Override
          protected InternalLogger newInstance(String name) {
            return new NettyLog(name, StandardError::say);
          }
        });
  }

  private void say(FormattingTuple message) {
    say(message.getMessage(), message.getThrowable());
  }

  private void say(String text) {
    say(text, null);
  }

  private void say(String text, @Nullable Throwable cause) {
    out.accept(SafeText.of(cause == null ? text : text + ": " + cause));
  }

  @Override
  public boolean isTraceEnabled() {
    return false;
  }

  @Override
  public void trace(String text) {}

  @Override
  public void trace(String format, Object arg) {}

  @Override
  public void trace(String format, Object argA, Object argB) {}

  @Override
  public void trace(String format, Object... arguments) {}

  @Override
  public void trace(String text, Throwable cause) {}

  @Override
  public boolean isDebugEnabled() {
    return false;
  }

  @Override
  public void debug(String text) {}

  @Override
  public void debug(String format, Object arg) {}

  @Override
  public void debug(String format, Object argA, Object argB) {}

  @Override
  public void debug(String format, Object... arguments) {}

  @Override
  public void debug(String text, Throwable cause) {}

  @Override
  public boolean isInfoEnabled() {
    return false;
  }

  @Override
  public void info(String text) {}

  @Override
  public void info(String format, Object arg) {}

  @Override
  public void info(String format, Object argA, Object argB) {}

  @Override
  public void info(String format, Object... arguments) {}

  @Override
  public void info(String text, Throwable cause) {}

  @Override
  public boolean isWarnEnabled() {
    return warns;
  }

  @Override
  public void warn(String text) {
    if (warns) {
      say(text);
    }
  }

  @Override
  public void warn(String format, Object arg) {
    if (warns) {
      say(MessageFormatter.format(format, arg));
    }
  }

  @Override
  public void warn(String format, Object argA, Object argB) {
    if (warns) {
      say(MessageFormatter.format(format, argA, argB));
    }
  }

  @Override
  public void warn(String format, Object... arguments) {
    if (warns) {
      say(MessageFormatter.arrayFormat(format, arguments));
    }
  }

  @Override
  public void warn(String text, Throwable cause) {
    if (warns) {
      say(text, cause);
    }
  }

  @Override
  public boolean isErrorEnabled() {
    return true;
  }

  @Override
  public void error(String text) {
    say(text);
  }

  @Override
  public void error(String format, Object arg) {
    say(MessageFormatter.format(format, arg));
  }

  @Override
  public void error(String format, Object argA, Object argB) {
    say(MessageFormatter.format(format, argA, argB));
  }

  @Override
  public void error(String format, Object... arguments) {
    say(MessageFormatter.arrayFormat(format, arguments));
  }

  @Override
  public void error(String text, Throwable cause) {
    say(text, cause);
  }
}
