package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JVM passes over in silence what it does not find. */
class NotInlinedTest {
  static Stream<String> named() throws Exception {
    return Files.readAllLines(Path.of("src/main/jvm/not-inlined")).stream()
        .filter(line -> !line.startsWith("#") && !line.equals("quiet"));
  }

  @ParameterizedTest
  @MethodSource("named")
  void whatTheFileNamesIsThere(String line) throws Exception {
    assertThat(line).matches("dontinline [\\w.$]+::\\w+");
    String[] name = line.substring("dontinline ".length()).split("::", -1);
    Class<?> type = Class.forName(name[0], false, NotInlinedTest.class.getClassLoader());
    assertThat(type.getDeclaredMethods()).extracting(Method::getName).contains(name[1]);
  }
}
