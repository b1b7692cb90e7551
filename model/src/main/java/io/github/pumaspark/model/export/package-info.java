/**
 * Weights on their way out and in: a checkpoint in, a directory that PyTorch and transformers load
 * out; and safetensors files of such an export or of PUMA's reference implementation in, a
 * checkpoint of step 0 out. Imports {@code checkpoint} and {@code network}; computes nothing.
 */
@NullMarked
package io.github.pumaspark.model.export;

import org.jspecify.annotations.NullMarked;
