package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * What both ends of every connection must agree on, or it is refused.
 *
 * @param runId name of the run; not sent, only proved
 * @param generation number of this attempt at the run; a rank of an earlier attempt is refused
 * @param worldSize number of ranks
 * @param key secret of this run
 * @param encrypted whether everything that follows the handshake is encrypted, on every connection
 */
public record RunIdentity(
    String runId, int generation, int worldSize, RunKey key, boolean encrypted)
    implements Serializable {
  public RunIdentity {
    Check.argument(!runId.isEmpty(), "run id must not be empty");
    Check.argument(generation >= 0, "generation must not be negative: %s", generation);
    Check.argument(worldSize > 0, "world size must be positive: %s", worldSize);
  }
}
