package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.FieldVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.junit.jupiter.api.Test;

/** docs/limits.md has every limit that the code has, with its value. */
class LimitsTest {
  private static final Path PAGE = Path.of("../docs/limits.md");

  /** {@code | 16384 | what it is for | `tracer.log.LineReader.LONGEST` |}. */
  private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\| .* \\| `([\\w.]+)` \\|");

  private static final Pattern NAME =
      Pattern.compile("(MOST|LONGEST|DEEPEST|MAX|LARGEST)(_.*)?|.*_LIMIT");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.fwtrail");

  @Test
  void thePageHasEachLimitWithItsValue() throws IOException {
    Map<String, Long> said = new TreeMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        said.put(row.group(2), Long.valueOf(row.group(1)));
      }
    }
    assertThat(said).isEqualTo(limits());
  }

  private static Map<String, Long> limits() throws IOException {
    Map<String, Long> limits = new TreeMap<>();
    for (JavaClass owner : CLASSES) {
      Map<String, Long> values = null;
      for (JavaField field : owner.getFields()) {
        boolean named =
            NAME.matcher(field.getName()).matches() || owner.getSimpleName().equals("Limits");
        if (named && field.getModifiers().contains(JavaModifier.STATIC)) {
          values = values == null ? constants(owner) : values;
          Long value = values.get(field.getName());
          if (value != null) {
            String name = owner.getName().replaceFirst("^io\\.fwtrail\\.", "").replace('$', '.');
            limits.put(name + "." + field.getName(), value);
          }
        }
      }
    }
    return limits;
  }

  /** As they stand in the class file, so that no class is initialized. */
  private static Map<String, Long> constants(JavaClass owner) throws IOException {
    Map<String, Long> values = new HashMap<>();
    String file = "/" + owner.getName().replace('.', '/') + ".class";
    try (InputStream in = LimitsTest.class.getResourceAsStream(file)) {
      new ClassReader(in)
          .accept(
              new ClassVisitor(Opcodes.ASM9) {
                @Override
                public FieldVisitor visitField(
                    int access, String name, String type, String signature, Object value) {
                  if (value instanceof Number number) {
                    values.put(name, number.longValue());
                  }
                  return null;
                }
              },
              0);
    }
    return values;
  }
}
