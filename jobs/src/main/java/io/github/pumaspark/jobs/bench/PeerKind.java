package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;

/** What a training step is compared with. */
public enum PeerKind {
  /** Nothing. */
  NONE("none"),
  /** Eager PyTorch in float32. */
  PYTORCH_EAGER("pytorch-eager"),
  /** Eager PyTorch with bfloat16 autocast. */
  PYTORCH_AUTOCAST("pytorch-autocast");

  private final String word;

  PeerKind(String word) {
    this.word = word;
  }

  /**
   * The peer of a name on the command line.
   *
   * @throws ConfigException if there is none
   */
  public static PeerKind of(String word) {
    for (PeerKind kind : values()) {
      if (kind.word.equals(word)) {
        return kind;
      }
    }
    throw new ConfigException(
        "Invalid --peer: " + word + " (must be none, pytorch-eager or pytorch-autocast)");
  }

  /** Its name on the command line. */
  @Override
  public String toString() {
    return word;
  }
}
