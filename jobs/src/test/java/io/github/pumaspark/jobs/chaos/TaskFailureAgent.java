package io.github.pumaspark.jobs.chaos;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.ClassWriter;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;
import org.jspecify.annotations.Nullable;

/**
 * Runs inside an executor, brought there by the attach interface of the JVM: makes the thread that
 * trains a rank throw at one of its next changes of phase. The product has no part in it.
 */
public final class TaskFailureAgent {
  /** What the thrown exception says. */
  static final String MESSAGE = "a failure on request of the chaos suite";

  /** Its {@code end} is called when masking, forward, backward, communication, update end. */
  private static final String CLOCK = "io/github/pumaspark/model/train/PhaseClock";

  private static final AtomicInteger CALLS_LEFT = new AtomicInteger();
  private static boolean isInstalled;

  private TaskFailureAgent() {}

  /**
   * Arms it.
   *
   * @param calls changes of phase until the failure
   */
  public static synchronized void agentmain(String calls, Instrumentation instrumentation)
      throws Exception {
    if (!isInstalled) {
      instrumentation.addTransformer(new Transformer(), true);
      for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
        if (loaded.getName().equals(CLOCK.replace('/', '.'))) {
          instrumentation.retransformClasses(loaded);
        }
      }
      isInstalled = true;
    }
    CALLS_LEFT.set(Integer.parseInt(calls));
  }

  /** Called by the class that was changed. */
  public static void phaseEnded() {
    if (CALLS_LEFT.get() > 0 && CALLS_LEFT.decrementAndGet() == 0) {
      throw new IllegalStateException(MESSAGE);
    }
  }

  private static final class Transformer implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        String name,
        @Nullable Class<?> redefined,
        @Nullable ProtectionDomain domain,
        byte[] bytes) {
      if (!CLOCK.equals(name)) {
        return null;
      }
      ClassReader reader = new ClassReader(bytes);
      ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
      reader.accept(new EndVisitor(writer), 0);
      return writer.toByteArray();
    }
  }

  private static final class EndVisitor extends ClassVisitor {
    EndVisitor(ClassWriter writer) {
      super(Opcodes.ASM9, writer);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor visitor = super.visitMethod(access, name, descriptor, signature, exceptions);
      if (!"end".equals(name)) {
        return visitor;
      }
      return new MethodVisitor(Opcodes.ASM9, visitor) {
        @Override
        public void visitCode() {
          super.visitCode();
          super.visitMethodInsn(
              Opcodes.INVOKESTATIC,
              TaskFailureAgent.class.getName().replace('.', '/'),
              "phaseEnded",
              "()V",
              false);
        }
      };
    }
  }
}
