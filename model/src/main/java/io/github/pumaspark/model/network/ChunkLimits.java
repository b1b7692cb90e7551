package io.github.pumaspark.model.network;

/**
 * How much of what is made in parts exists at a time; results differ in rounding only.
 *
 * @param attentionCells attention scores, where they are not kept
 * @param scoreBytes memory of the head's scores, in the compute type
 * @param softmaxCells scores in the master type; they should fit into a processor's cache
 * @param gradientCells numbers of the part of the head's weight gradient
 */
record ChunkLimits(long attentionCells, int scoreBytes, int softmaxCells, int gradientCells) {
  static final ChunkLimits STANDARD = new ChunkLimits(1 << 22, 1 << 26, 1 << 20, 1 << 22);
}
