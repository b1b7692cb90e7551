package io.github.pumaspark.jobs.chaos;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Makes the task of another JVM on this machine fail. */
final class TaskFailures {
  private final Path agent;

  /**
   * @param directory where the agent's jar is written
   */
  TaskFailures(Path directory) throws IOException {
    agent = directory.resolve("task-failure-agent.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Agent-Class", TaskFailureAgent.class.getName());
    manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
    // The class itself is on the executors' class path, as all test classes are.
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(agent), manifest)) {
      jar.finish();
    }
  }

  /**
   * Makes the rank of a JVM throw.
   *
   * @param calls changes of phase until then, at least 1
   * @throws IOException if the process is no JVM yet or any more
   */
  void arm(long pid, int calls) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        machine.loadAgent(agent.toString(), Integer.toString(calls));
      } finally {
        machine.detach();
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("Cannot attach to " + pid + ": " + e.getMessage(), e);
    }
  }
}
