package io.fwtrail.netlink.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.jspecify.annotations.Nullable;

/**
 * Loads fwtrail's classes anew with a counter in each method and each loop, so that the work that
 * an input makes can be counted rather than timed. The JDK's and the libraries' own loops are not
 * counted, nor are those of the targets.
 */
final class StepCountingLoader extends ClassLoader {
  private static final String OURS = "io.fwtrail.";

  /** Shared by the counted code and by what counts. */
  private static final String SHARED = StepCountingLoader.class.getPackageName() + ".";

  private static final String COUNTER = Steps.class.getName().replace('.', '/');

  StepCountingLoader() {
    super(StepCountingLoader.class.getClassLoader());
  }

  /** Makes the target of that name, of counted classes. */
  static FuzzTarget target(String name) {
    try {
      return Class.forName(name, true, new StepCountingLoader())
          .asSubclass(FuzzTarget.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("no fuzz target " + name, e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS) || name.startsWith(SHARED)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? findClass(name) : loaded;
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = name.contains("Fuzz") ? in.readAllBytes() : counted(new ClassReader(in));
      return defineClass(name, code, 0, code.length, getClass().getProtectionDomain());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] counted(ClassReader read) {
    ClassWriter written = new ClassWriter(read, ClassWriter.COMPUTE_MAXS);
    read.accept(
        new ClassVisitor(Opcodes.ASM9, written) {
          @Override
          public MethodVisitor visitMethod(
              int access,
              String name,
              String descriptor,
              @Nullable String signature,
              String @Nullable [] exceptions) {
            return new Counting(super.visitMethod(access, name, descriptor, signature, exceptions));
          }
        },
        0);
    return written.toByteArray();
  }

  /** Counts when a method begins, and before each jump back. */
  private static final class Counting extends MethodVisitor {
    private final Set<Label> seen = new HashSet<>();

    Counting(MethodVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visitCode() {
      super.visitCode();
      count();
    }

    @Override
    public void visitLabel(Label label) {
      seen.add(label);
      super.visitLabel(label);
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
      if (seen.contains(label)) {
        count();
      }
      super.visitJumpInsn(opcode, label);
    }

    private void count() {
      super.visitFieldInsn(Opcodes.GETSTATIC, COUNTER, "taken", "J");
      super.visitInsn(Opcodes.LCONST_1);
      super.visitInsn(Opcodes.LADD);
      super.visitFieldInsn(Opcodes.PUTSTATIC, COUNTER, "taken", "J");
    }
  }
}
