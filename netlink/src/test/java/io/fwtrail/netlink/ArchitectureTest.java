package io.fwtrail.netlink;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String ROOT = "io.fwtrail.netlink";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.fwtrail");

  @Test
  void nothingAboveIsKnown() {
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are of another module",
                c ->
                    c.getPackageName().startsWith("io.fwtrail.")
                        && !c.getPackageName().startsWith(ROOT)))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().assignedFrom(new ByPackage()).should().beFreeOfCycles().check(CLASSES);
  }

  private static final class ByPackage implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      return javaClass.getPackageName().startsWith(ROOT)
          ? SliceIdentifier.of(javaClass.getPackageName())
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }

  @Test
  void systemCallsAreMadeByTheChannelAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".channel")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.jna..")
        .check(CLASSES);
  }

  @Test
  void codecsDoNoInputOrOutput() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + ".nftables", ROOT + ".route", ROOT + ".conntrack")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.io", "java.net", "java.nio.channels", "java.nio.file", "io.netty.channel..")
        .check(CLASSES);
  }

  @Test
  void nothingButTestsUsesTheFake() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".testing")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".testing")
        .check(CLASSES);
  }

  @Test
  void nullIsMarkedInEveryPackage() {
    List<JavaPackage> packages = CLASSES.stream().map(JavaClass::getPackage).distinct().toList();

    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(p -> assertThat(p.isAnnotatedWith(NullMarked.class)).as(p.getName()).isTrue());
  }
}
