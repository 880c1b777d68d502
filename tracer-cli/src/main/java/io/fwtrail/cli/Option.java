package io.fwtrail.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * An option of a command, and what the user gave it; see {@link Command} for why it is no annotated
 * field.
 */
abstract sealed class Option {
  final OptionSpec spec;

  private Option(OptionSpec.Builder spec, String description) {
    this.spec = spec.description(description).build();
  }

  /** Options that help shows under a heading of their own. */
  static ArgGroupSpec group(String heading, Option... options) {
    ArgGroupSpec.Builder group =
        ArgGroupSpec.builder().exclusive(false).validate(false).heading("%n" + heading + "%n");
    for (Option option : options) {
      group.addArg(option.spec);
    }
    return group.build();
  }

  /** It is there, or it is not. */
  static final class Flag extends Option {
    Flag(String description, String... names) {
      super(OptionSpec.builder(names).type(boolean.class), description);
    }

    private Flag(OptionSpec.Builder spec) {
      super(spec, "");
    }

    /** One that help does not show: fwtrail gives it to itself. */
    static Flag hidden(String name) {
      return new Flag(OptionSpec.builder(name).type(boolean.class).hidden(true));
    }

    boolean isGiven() {
      return Boolean.TRUE.equals(spec.getValue());
    }
  }

  /** It has one value; given twice, it is wrong usage. */
  static final class Value<T> extends Option {
    Value(String label, ITypeConverter<T> converter, String description, String... names) {
      this(Object.class, label, converter, description, names);
    }

    private Value(
        Class<?> type,
        String label,
        ITypeConverter<T> converter,
        String description,
        String... names) {
      super(
          OptionSpec.builder(names).paramLabel(label).type(type).converters(converter),
          description);
    }

    /** Of text as it was typed. */
    static Value<String> text(String label, String description, String... names) {
      return new Value<>(label, new AsTyped(), description, names);
    }

    /** Of a file, whose name the shell completes. */
    static Value<Path> file(String label, String description, String... names) {
      return new Value<>(Path.class, label, new FileName(), description, names);
    }

    @Nullable T get() {
      return spec.getValue();
    }

    T orElse(T other) {
      T given = get();
      return given == null ? other : given;
    }
  }

  /** It may be given several times. */
  static final class Values<T> extends Option {
    Values(String label, ITypeConverter<T> converter, String description, String... names) {
      this(builder(Object.class, label, converter, names), description);
    }

    private Values(OptionSpec.Builder spec, String description) {
      super(spec, description);
    }

    private static OptionSpec.Builder builder(
        Class<?> type, String label, ITypeConverter<?> converter, String... names) {
      return OptionSpec.builder(names)
          .paramLabel(label)
          .type(List.class)
          .auxiliaryTypes(type)
          .converters(converter);
    }

    /** With commas between values that are given at once. */
    static <T> Values<T> list(
        String label, ITypeConverter<T> converter, String description, String... names) {
      return new Values<>(
          builder(Object.class, label, converter, names).splitRegex(","), description);
    }

    /** Of texts as they were typed. */
    static Values<String> texts(String label, String description, String... names) {
      return new Values<>(label, new AsTyped(), description, names);
    }

    /** Of files, whose names the shell completes. */
    static Values<Path> files(String label, String description, String... names) {
      return new Values<>(builder(Path.class, label, new FileName(), names), description);
    }

    List<T> get() {
      List<T> given = spec.getValue();
      return given == null ? List.of() : given;
    }
  }

  /** picocli's own converters are left out by the start script: they take time to be made. */
  private static final class AsTyped implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      return text;
    }
  }

  private static final class FileName implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      return Path.of(text);
    }
  }
}
