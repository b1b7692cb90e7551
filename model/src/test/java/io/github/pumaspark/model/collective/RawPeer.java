package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A highest rank that knows the key but does on its links only what a test says. */
final class RawPeer implements AutoCloseable {
  private final List<Link> data = new ArrayList<>();
  private final List<Link> records = new ArrayList<>();
  private final List<Link> signals = new ArrayList<>();

  RawPeer(RunIdentity run, List<PeerAddress> lowerRanks) throws IOException {
    int rank = lowerRanks.size();
    for (int peer = 0; peer < rank; peer++) {
      records.add(Link.dial(lowerRanks.get(peer), run, Channel.RECORD, rank, peer));
      data.add(Link.dial(lowerRanks.get(peer), run, Channel.DATA, rank, peer));
      signals.add(Link.dial(lowerRanks.get(peer), run, Channel.SIGNAL, rank, peer));
    }
  }

  Link data(int peer) {
    return data.get(peer);
  }

  Link record(int peer) {
    return records.get(peer);
  }

  Link signal(int peer) {
    return signals.get(peer);
  }

  /** As if the process were killed. */
  @Override
  public void close() {
    records.forEach(Link::close);
    data.forEach(Link::close);
    signals.forEach(Link::close);
  }
}
