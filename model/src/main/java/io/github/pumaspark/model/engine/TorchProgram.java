package io.github.pumaspark.model.engine;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A set of functions over tensors, given as TorchScript text and run by libtorch.
 *
 * <p>The text is a class {@code Mdm} without parameters: weights stay arrays owned by the caller
 * and are passed as lists. All of ATen is in reach. Not thread-safe; closing it frees the compiled
 * code.
 */
public final class TorchProgram implements AutoCloseable {
  /*
   * A TorchScript archive is a ZIP with stored entries: the format version, a pickle of the module's state
   * and of its constants, and the code [1]. A program without weights needs only the two pickles below, so
   * the archive is made in memory from the text.
   *
   * [1] https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/jit/docs/serialization.md
   */
  private static final String VERSION = "10\n";

  private static final ThreadLocal<long[]> NANOS_IN_CALLS =
      ThreadLocal.withInitial(() -> new long[1]);

  private static final Pattern LINE = Pattern.compile("line \\d+");

  private final PtNDManager scope;
  private final PtSymbolBlock module;

  private TorchProgram(PtNDManager scope, PtSymbolBlock module) {
    this.scope = scope;
    this.module = module;
  }

  /**
   * Loads a program on the device of a manager, which must outlive it.
   *
   * @param resource path of the text in the class path, beside {@code owner}
   * @param constants replacements for {@code ${name}} in the text
   * @throws IllegalStateException if libtorch rejects the text
   */
  public static TorchProgram load(
      NDManager parent, Class<?> owner, String resource, Map<String, ?> constants) {
    String text = read(owner, resource);
    for (Map.Entry<String, ?> constant : constants.entrySet()) {
      text = text.replace("${" + constant.getKey() + "}", String.valueOf(constant.getValue()));
    }
    PtNDManager scope = (PtNDManager) parent.newSubManager();
    scope.setName("program " + resource);
    try {
      PtSymbolBlock module =
          JniUtils.loadModule(scope, new ByteArrayInputStream(archive(text)), true, false);
      return new TorchProgram(scope, module);
    } catch (IOException | RuntimeException e) {
      scope.close();
      throw new IllegalStateException(
          "Cannot load program '" + resource + "': " + reason(String.valueOf(e.getMessage())), e);
    }
  }

  /**
   * Time that the calling thread has spent inside methods of programs since it started, in
   * nanoseconds; conversion of arguments and results not included. Only differences mean something.
   */
  public static long nanosInCalls() {
    return NANOS_IN_CALLS.get()[0];
  }

  /**
   * Runs a method; nothing is recorded for autograd.
   *
   * @param arguments each an {@link NDArray}, a {@code List} of arrays, a {@code Long}, {@code
   *     Double} or {@code Boolean}, or a {@code long[]}
   * @return the result, one array or the members of a list or tuple, attached to {@code
   *     resultScope}
   */
  public NDList run(NDManager resultScope, String method, Object... arguments) {
    try (IValue result = call(method, arguments)) {
      return result.toNDList((PtNDManager) resultScope);
    }
  }

  /** Runs a method for what it does to its arguments; the result is dropped. */
  public void execute(String method, Object... arguments) {
    call(method, arguments).close();
  }

  @Override
  public void close() {
    scope.close();
  }

  private IValue call(String method, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      long start = System.nanoTime();
      try {
        return IValueUtils.runMethod(module, method, values);
      } finally {
        NANOS_IN_CALLS.get()[0] += System.nanoTime() - start;
      }
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    } else if (argument instanceof Long number) {
      return IValue.from(number);
    } else if (argument instanceof Double number) {
      return IValue.from(number);
    } else if (argument instanceof Boolean flag) {
      return IValue.from(flag);
    } else if (argument instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    } else if (argument instanceof List<?> members) {
      return IValue.listFrom(members.toArray(PtNDArray[]::new));
    }
    throw new IllegalArgumentException("no TorchScript value for " + argument.getClass());
  }

  /** What libtorch complains of and in which line of the text, without its excerpt. */
  private static String reason(String complaint) {
    String first = complaint.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
    Matcher line = LINE.matcher(complaint);
    return first.strip().replaceFirst("[.:]$", "") + (line.find() ? ", " + line.group() : "");
  }

  private static String read(Class<?> owner, String resource) {
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("Cannot find program '" + resource + "' beside " + owner);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read program '" + resource + "'", e);
    }
  }

  private static byte[] archive(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      store(zip, "mdm/version", ascii(VERSION));
      store(zip, "mdm/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "mdm/data.pkl", modulePickle());
      store(zip, "mdm/code/__torch__.py", text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  /** Protocol 2: an instance of {@code __torch__.Mdm} with the state {@code {"training": True}}. */
  private static byte[] modulePickle() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x80, 2}); // PROTO 2
    out.write(ascii("c__torch__\nMdm\n")); // GLOBAL
    out.write(new byte[] {')', (byte) 0x81}); // EMPTY_TUPLE NEWOBJ
    out.write(ascii("}(")); // EMPTY_DICT MARK
    out.write(new byte[] {'X', 8, 0, 0, 0}); // BINUNICODE, length
    out.write(ascii("training"));
    out.write((byte) 0x88); // NEWTRUE
    out.write(ascii("ub.")); // SETITEMS BUILD STOP
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
