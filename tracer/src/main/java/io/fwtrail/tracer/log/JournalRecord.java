package io.fwtrail.tracer.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** One record of {@code journalctl -o json} (systemd.journal-fields(7)). */
final class JournalRecord {
  private final JsonFactory factory = new JsonFactory();
  private byte[] message = {};
  private long timeMicros;
  private long kernelMicros;
  private @Nullable String host;
  private boolean kernel;

  byte[] message() {
    return message;
  }

  /** Since 1970-01-01T00:00Z. */
  long timeMicros() {
    return timeMicros;
  }

  /** Of the kernel's clock, or {@link LogEvent#ABSENT}. */
  long kernelMicros() {
    return kernelMicros;
  }

  @Nullable String host() {
    return host;
  }

  /** Whether the journal says that the kernel is the sender, which it takes from no one else. */
  boolean isKernel() {
    return kernel;
  }

  /** Reads one; false if it is no such record. */
  boolean parse(byte[] b, int start, int end) {
    message = new byte[0];
    timeMicros = 0;
    kernelMicros = LogEvent.ABSENT;
    host = null;
    kernel = false;
    try (JsonParser json = factory.createParser(ObjectReadContext.empty(), b, start, end - start)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        field(name, json);
      }
      return json.currentToken() == JsonToken.END_OBJECT;
    } catch (JacksonException e) {
      return false;
    }
  }

  private void field(String name, JsonParser json) {
    switch (name) {
      case "MESSAGE" -> message = bytes(json);
      case "__REALTIME_TIMESTAMP" -> timeMicros = number(json);
      case "_SOURCE_MONOTONIC_TIMESTAMP" -> kernelMicros = number(json);
      case "_HOSTNAME" -> host = json.getString();
      case "_TRANSPORT" -> kernel = "kernel".equals(json.getString());
      default -> json.skipChildren();
    }
  }

  private static long number(JsonParser json) {
    byte[] digits = json.getString().getBytes(StandardCharsets.UTF_8);
    return Digits.parse(digits, 0, digits.length);
  }

  /** A text, or the numbers of its bytes where it is none (journal-export-formats). */
  private static byte[] bytes(JsonParser json) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      String text = json.getString();
      return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      bytes.write(json.getIntValue());
    }
    return bytes.toByteArray();
  }
}
