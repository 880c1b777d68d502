package io.fwtrail.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An end by Ctrl-C, SIGTERM or a hang-up is as good as any other: what was begun is put in order,
 * the summary is printed, and the exit code is 0. Java runs shutdown hooks on these signals and
 * then ends with a code of its own, so the hook waits for the command and ends the process itself.
 */
final class Shutdown {
  /** How long the command may take to put things in order. */
  private static final long PATIENCE_SECONDS = 10;

  private static final CountDownLatch COMMAND_ENDED = new CountDownLatch(1);
  private static volatile boolean exiting;
  private static volatile int exitCode;

  private Shutdown() {}

  /** Has {@code stop} run when the process is told to end; {@code stop} must return at once. */
  static void onSignal(Runnable stop) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (exiting) {
                    // The command has ended by itself.
                    return;
                  }
                  stop.run();
                  try {
                    if (COMMAND_ENDED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                      Runtime.getRuntime().halt(exitCode);
                    }
                  } catch (InterruptedException e) {
                    // Nobody interrupts this thread; the process ends in any case.
                  }
                  Runtime.getRuntime().halt(Errors.FAILED);
                },
                "fwtrail-shutdown"));
  }

  /** Ends the process; where a signal has begun to, its hook takes the code over. */
  static void exit(int code) {
    exitCode = code;
    exiting = true;
    COMMAND_ENDED.countDown();
    System.exit(code);
  }
}
