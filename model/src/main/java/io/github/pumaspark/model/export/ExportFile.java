package io.github.pumaspark.model.export;

import io.github.pumaspark.data.storage.Storage;
import java.nio.charset.StandardCharsets;

/**
 * A file of an export.
 *
 * @param name without a directory
 * @param sha256 of its bytes, lower-case hexadecimal
 * @param body writes it
 */
record ExportFile(String name, String sha256, Storage.Body body) {
  /** A text in UTF-8. */
  static ExportFile of(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new ExportFile(name, Storage.sha256Hex(bytes), out -> out.write(bytes));
  }
}
