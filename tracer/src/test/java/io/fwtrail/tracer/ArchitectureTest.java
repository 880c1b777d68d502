package io.fwtrail.tracer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** What the folders and packages promise about one another. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(new ImportOption.DoNotIncludeJars())
          .importPackages("io.fwtrail.tracer");

  @Test
  void noPackagesDependOnOneAnotherInACircle() {
    slices().matching("io.fwtrail.tracer.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theTracerKnowsNoTerminal() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fwtrail.cli..", "picocli..")
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<JavaPackage> packages =
        CLASSES.stream().map(JavaClass::getPackage).collect(Collectors.toSet());
    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(p -> assertThat(p.isAnnotatedWith(NullMarked.class)).as(p.getName()).isTrue());
  }

  @Test
  void onlyWhatTalksToTheSystemCallsNativeCode() {
    noClasses()
        .that()
        .haveNameNotMatching(
            "io\\.fwtrail\\.tracer\\.(ruleset\\.LibNftables|ruleset\\.XtablesInfo|log\\.KernelLog"
                + "|live\\.XtablesLock)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.jna..")
        .check(CLASSES);
  }

  @Test
  void onlyTheLiveSourceKnowsChannels() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.fwtrail.tracer.live..", "io.fwtrail.tracer.namespaces..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty.channel..", "io.netty.bootstrap..", "io.fwtrail.netlink.channel..")
        .check(CLASSES);
  }

  @Test
  void hopsAndTrailsAreMadeWithoutAnySource() {
    noClasses()
        .that()
        .resideInAnyPackage("io.fwtrail.tracer.hop..", "io.fwtrail.tracer.trail..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fwtrail.tracer.live..", "io.fwtrail.tracer.mark..", "io.fwtrail.tracer.json..")
        .check(CLASSES);
  }

  @Test
  void onlyTheJsonPackageAndWhoeverReadsFilesOfOthersKnowsJson() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.fwtrail.tracer.json..")
        .and()
        .haveNameNotMatching(
            "io\\.fwtrail\\.tracer\\.(log\\.JournalRecord|namespaces\\.ContainerNames)")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tools.jackson..")
        .check(CLASSES);
  }
}
