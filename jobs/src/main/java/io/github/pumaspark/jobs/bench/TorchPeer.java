package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** PyTorch programs of this package, each in a process of its own. */
final class TorchPeer {
  /** The training step. */
  static final String STEP = "peer_step.py";

  /** One rank of an all-reduce. */
  static final String ALL_REDUCE = "peer_all_reduce.py";

  private TorchPeer() {}

  /**
   * Makes sure that an interpreter has PyTorch.
   *
   * @param python path or name of the interpreter
   * @throws ConfigException with the one command that makes an environment
   */
  static void check(String python) throws IOException, InterruptedException {
    boolean works;
    try {
      Process probe =
          new ProcessBuilder(python, "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      works = probe.waitFor() == 0;
    } catch (IOException e) {
      works = false;
    }
    if (!works) {
      throw new ConfigException(
          "Cannot run the PyTorch peer: '"
              + python
              + "' has no torch. Set it up with 'python3 -m venv DIR && DIR/bin/pip install -r"
              + " model/src/test/python/requirements.txt', then set PUMA_PYTHON=DIR/bin/python.");
    }
  }

  /**
   * Starts a program; what it has to load and to make comes before its first reply.
   *
   * @param prefix of the command, such as another command that starts it somewhere; mostly empty
   * @param settings its first line of input
   * @param threads of its tensor library
   */
  static LineProcess start(
      String program, List<String> prefix, String python, Map<String, ?> settings, int threads)
      throws IOException {
    Path folder = Files.createTempDirectory("puma-peer");
    Path file = folder.resolve(program);
    try (InputStream in = TorchPeer.class.getResourceAsStream(program)) {
      if (in == null) {
        throw new IllegalStateException("'" + program + "' is missing from the class path");
      }
      Files.copy(in, file);
    }
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(python, file.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    return LineProcess.start("the PyTorch peer", folder, builder, settings);
  }
}
