package io.github.pumaspark.model.network;

import ai.djl.ndarray.types.DataType;
import io.github.pumaspark.model.engine.Precision;

/** What a network computes in; the codes are libtorch's scalar types. */
enum NumberTypes {
  FP32(DataType.FLOAT32, 6, 6),
  BF16(DataType.FLOAT32, 6, 15),
  /** For finite differences. */
  FP64(DataType.FLOAT64, 7, 7);

  private final DataType master;
  private final int masterCode;
  private final int computeCode;

  NumberTypes(DataType master, int masterCode, int computeCode) {
    this.master = master;
    this.masterCode = masterCode;
    this.computeCode = computeCode;
  }

  static NumberTypes of(Precision precision) {
    return switch (precision) {
      case FP32 -> FP32;
      case BF16 -> BF16;
    };
  }

  /** Of weights, gradients, norms, sums and the residual stream. */
  DataType master() {
    return master;
  }

  int masterCode() {
    return masterCode;
  }

  /** Of what goes through matrix products; Java must not ask a bfloat16 array for its type. */
  int computeCode() {
    return computeCode;
  }

  /** Whether weights must be copied before they can be multiplied with. */
  boolean converts() {
    return masterCode != computeCode;
  }

  /** Bytes of a number in the compute type. */
  int computeBytes() {
    return this == BF16 ? 2 : master.getNumOfBytes();
  }
}
