package io.github.pumaspark.model.coordination;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one rank has written for a checkpoint, all of it on stable storage by now.
 *
 * @param rank that wrote
 * @param step of the checkpoint
 * @param files lower-case hexadecimal SHA-256 by file name, ascending by name
 * @param json whatever else the commit needs to know of this rank; not interpreted here
 */
public record CheckpointPart(int rank, long step, Map<String, String> files, String json) {
  public CheckpointPart {
    files = Collections.unmodifiableMap(new TreeMap<>(files));
  }
}
