package io.github.pumaspark.model.collective;

import java.time.Duration;
import java.util.Collection;
import java.util.OptionalInt;
import java.util.TreeMap;

/** All other ranks of a world, in rank order. */
final class Peers {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

  private final TreeMap<Integer, Peer> byRank = new TreeMap<>();

  int worldSize() {
    return byRank.size() + 1;
  }

  void add(Peer peer) {
    byRank.put(peer.rank(), peer);
  }

  Collection<Peer> all() {
    return byRank.values();
  }

  Peer get(int rank) {
    Peer peer = byRank.get(rank);
    if (peer == null) {
      throw new IllegalStateException("rank " + rank + " is no peer");
    }
    return peer;
  }

  /** The silent rank at the end of the chain of ranks that wait for each other. */
  Peer silent(Peer first) {
    Peer suspect = first;
    for (int hop = 0; hop < byRank.size(); hop++) {
      OptionalInt answer = suspect.ask(ANSWER_TIMEOUT);
      if (answer.isEmpty() || !byRank.containsKey(answer.getAsInt())) {
        return suspect;
      }
      suspect = get(answer.getAsInt());
    }
    return first;
  }

  void closeAfterFailure(String cause) {
    all().forEach(peer -> peer.tellFailure(cause));
    all().forEach(Peer::close);
  }

  void closeAfterGoodbye(long exchanges) {
    all().forEach(peer -> peer.tellGoodbye(exchanges));
    all().forEach(Peer::close);
  }
}
