package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.Rendezvous;
import io.github.pumaspark.model.collective.SocketCollective;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A rank's way to its collective: listens at once, connects when it is told all addresses. */
final class RankLink implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration EXCHANGE_TIMEOUT = Duration.ofSeconds(60);

  private final ExchangeSettings settings;
  private final Rendezvous rendezvous;

  RankLink(ExchangeSettings settings, JsonNode fields) throws IOException {
    this.settings = settings;
    this.rendezvous =
        Rendezvous.listen(
            settings.identity(),
            fields.path("rank").asInt(),
            new PeerAddress(fields.path("host").asText(), 0));
  }

  /** The fields of the reply to a request for this rank's address. */
  Map<String, Object> address() {
    return Map.of("port", rendezvous.address().port(), "host", rendezvous.address().host());
  }

  /** Connects to the addresses of all ranks, which the request has in rank order. */
  SocketCollective connect(JsonNode request) {
    List<PeerAddress> addresses = new ArrayList<>();
    for (JsonNode address : request.path("addresses")) {
      addresses.add(new PeerAddress(address.path("host").asText(), address.path("port").asInt()));
    }
    return rendezvous.connect(addresses, CONNECT_TIMEOUT, EXCHANGE_TIMEOUT, settings.collective());
  }

  /** The request that makes ranks connect, from their replies with addresses. */
  static Map<String, Object> connectRequest(String what, List<JsonNode> addresses) {
    return Map.of("do", what, "addresses", addresses);
  }

  @Override
  public void close() {
    rendezvous.close();
  }
}
