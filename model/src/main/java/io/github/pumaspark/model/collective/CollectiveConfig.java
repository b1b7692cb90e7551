package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * How ranks exchange gradients and weights, keys {@code collective.*}.
 *
 * @param bucketMegabytes size of a bucket in 10^6 bytes of float32; gradients are reduced bucket by
 *     bucket while the backward pass goes on
 * @param path how ranks on one host reach each other
 * @param sharedDirectory memory file system in which ranks on one host share buffers
 * @param connections TCP connections to each rank on another host; 0 = by a probe at the start
 * @param wire type in which gradients travel; sums are float32 in any case
 * @param staging whether exchanges work on the tensors' own memory
 * @param shardedOptimizer whether a rank keeps moments for its own parts only (ZeRO-1)
 * @param encryption of all traffic between ranks and with the driver
 */
public record CollectiveConfig(
    int bucketMegabytes,
    Path path,
    String sharedDirectory,
    int connections,
    Wire wire,
    StagingChoice staging,
    boolean shardedOptimizer,
    Encryption encryption)
    implements Serializable {
  private static final int MAX_BUCKET_MEGABYTES = 2000;
  private static final int MAX_CONNECTIONS = 64;

  /** How ranks on one host reach each other. */
  public enum Path {
    /** Shared memory where it is proved to work, else TCP. */
    AUTO,
    /** Shared memory, or no run. */
    SHM,
    /** TCP, as between hosts. */
    TCP
  }

  /** Type of a gradient's elements between ranks. */
  public enum Wire {
    FP32,
    /** Rounded to nearest even; every rank's addend, its owner's too, so layout changes no bits. */
    BF16
  }

  /** Where exchanges read and write. */
  public enum StagingChoice {
    /** Direct on the CPU, staged on a GPU. */
    AUTO,
    /** The tensors' own memory; CPU only. */
    DIRECT,
    /** A copy in host memory. */
    STAGED
  }

  /** Protection of the traffic against readers. */
  public enum Encryption {
    /** As Spark is told to encrypt its own. */
    AUTO,
    /** Always. */
    ON
  }

  /** The defaults of the keys. */
  public static CollectiveConfig standard() {
    return new CollectiveConfig(
        8, Path.AUTO, "/dev/shm", 0, Wire.FP32, StagingChoice.AUTO, true, Encryption.AUTO);
  }

  public CollectiveConfig {
    Check.argument(
        0 < bucketMegabytes && bucketMegabytes <= MAX_BUCKET_MEGABYTES,
        "collective.bucket-megabytes must be in [1, %s]: %s",
        MAX_BUCKET_MEGABYTES,
        bucketMegabytes);
    Check.argument(
        0 <= connections && connections <= MAX_CONNECTIONS,
        "collective.connections must be in [0, %s]: %s",
        MAX_CONNECTIONS,
        connections);
    Check.argument(!sharedDirectory.isBlank(), "collective.shared-directory must not be empty");
  }
}
