/**
 * Checkpoints: named tensors, pool rows and the train state in, a directory of safetensors and JSON
 * files out that exists only once its marker is written; and back again. Imports {@code network}
 * and {@code masking} for what it stores; must not import optimizer, sockets or Spark.
 */
@NullMarked
package io.github.pumaspark.model.checkpoint;

import org.jspecify.annotations.NullMarked;
