package io.github.pumaspark.data.shard;

/**
 * One difference between a dataset and its manifest.
 *
 * @param file file name within the dataset directory
 * @param what which property of the file
 * @param expected what the manifest says
 * @param found what the file has
 */
public record Mismatch(String file, String what, String expected, String found) {
  /** One line for people. */
  @Override
  public String toString() {
    return "'" + file + "': " + what + " is " + found + ", expected " + expected;
  }
}
