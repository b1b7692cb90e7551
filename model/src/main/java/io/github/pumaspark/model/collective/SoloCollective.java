package io.github.pumaspark.model.collective;

import java.nio.FloatBuffer;
import java.util.List;

/** A world of one rank: nothing to exchange. */
public final class SoloCollective implements Collective {
  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int worldSize() {
    return 1;
  }

  @Override
  public FloatBuffer allocate(int length) {
    return HostFloats.zeroed(HostFloats.FOREIGN, length).values();
  }

  @Override
  public void startReduceScatter(FloatBuffer values, int start, int end) {
    Exchanges.check(values, start, end);
  }

  @Override
  public void startAllGather(FloatBuffer values, int start, int end) {
    Exchanges.check(values, start, end);
  }

  @Override
  public void await() {}

  @Override
  public List<byte[]> gatherRecords(byte[] record) {
    Exchanges.check(record);
    return List.of(record.clone());
  }

  @Override
  public void close() {}
}
