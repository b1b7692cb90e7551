package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.SocketCollective;
import io.github.pumaspark.model.engine.TensorView;
import io.github.pumaspark.model.engine.TorchThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A rank that exchanges and computes nothing. Requests, in this order: {@code address}, {@code
 * connect} (and all-reduce for the first time), {@code tensor} (on the buffer), then any number of
 * {@code all_reduce}, {@code streams}, {@code copy} and {@code vote}.
 */
final class ExchangeRank implements RankMain.Job {
  private static final int VOTE_WARM_UP = 200;

  private final ExchangeSettings settings;
  private final int rank;
  private final RankLink link;
  private final RawStreams streams;
  private @Nullable SocketCollective collective;
  private @Nullable FloatBuffer values;
  private @Nullable TensorView tensor;

  ExchangeRank(JsonNode fields) throws IOException {
    this.settings = ExchangeSettings.of(fields);
    this.rank = fields.path("rank").asInt();
    this.link = new RankLink(settings, fields);
    this.streams = RawStreams.listen(fields.path("host").asText());
  }

  @Override
  public Map<String, ?> handle(JsonNode request) throws Exception {
    String what = request.path("do").asText();
    return switch (what) {
      case "address" -> {
        Map<String, Object> address = new java.util.LinkedHashMap<>(link.address());
        address.put("raw_port", streams.port());
        yield address;
      }
      case "connect" -> {
        this.collective = link.connect(request);
        this.values = collective.allocate(request.path("elements").asInt());
        allReduce(1);
        yield Map.of("connections", connected().connections());
      }
      case "tensor" -> {
        TorchThread.prepare(1);
        tensor = new TensorView(Objects.requireNonNull(values, "connected before"));
        yield Map.of();
      }
      case "all_reduce" -> Map.of("seconds", allReduce(request.path("count").asInt()));
      case "connect_streams" -> {
        connectStreams(request);
        yield Map.of();
      }
      case "streams" ->
          Map.of(
              "seconds",
              repeat(
                  request.path("count").asInt(),
                  () -> streams.exchange(request.path("bytes").asLong())));
      case "copy" -> Map.of("seconds", repeat(request.path("count").asInt(), this::copy));
      case "vote" ->
          Map.of("seconds", vote(request.path("count").asInt(), request.path("bytes").asInt()));
      default -> throw new IllegalArgumentException("Unknown request: '" + what + "'");
    };
  }

  @Override
  public void close() {
    if (tensor != null) {
      tensor.close();
    }
    if (collective != null) {
      collective.close();
    }
    link.close();
    try {
      streams.close();
    } catch (IOException e) {
      // The process ends.
      return;
    }
  }

  private interface Timed {
    double run() throws IOException, InterruptedException;
  }

  /** Each repetition begins on all ranks together. */
  private List<Double> repeat(int count, Timed body) throws IOException, InterruptedException {
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      together();
      seconds.add(body.run());
    }
    return seconds;
  }

  private List<Double> allReduce(int count) throws IOException, InterruptedException {
    FloatBuffer buffer = Objects.requireNonNull(values, "connected before");
    Buckets buckets = Buckets.of(buffer.capacity(), settings.collective());
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Addends.fill(buffer, rank);
      seconds.addAll(repeat(1, () -> allReduce(buffer, buckets)));
      Addends.check(buffer, settings.ranks());
    }
    checkTensor(buffer);
    return seconds;
  }

  /** What was exchanged has to be the memory of a tensor, as it is in training. */
  private void checkTensor(FloatBuffer buffer) {
    if (tensor != null) {
      double expected = Addends.sum(buffer.capacity(), settings.ranks());
      double found = tensor.sum();
      if (found != expected) {
        throw new IllegalStateException(
            "wrong sum in the tensor: " + found + ", must be " + expected);
      }
    }
  }

  private double allReduce(FloatBuffer buffer, Buckets buckets) {
    SocketCollective exchange = connected();
    long start = System.nanoTime();
    // A bucket is gathered while the next one is summed, so that its sums are still in the cache.
    for (int bucket = 0; bucket <= buckets.count(); bucket++) {
      if (bucket < buckets.count()) {
        exchange.startReduceScatter(buffer, buckets.start(bucket), buckets.end(bucket));
      }
      if (bucket > 0) {
        exchange.startAllGather(buffer, buckets.start(bucket - 1), buckets.end(bucket - 1));
      }
    }
    exchange.await();
    return (System.nanoTime() - start) * 1e-9;
  }

  /** Copies the first half of the buffer onto the second. */
  private double copy() {
    FloatBuffer buffer = Objects.requireNonNull(values, "connected before");
    int half = buffer.capacity() / 2;
    long start = System.nanoTime();
    buffer.put(half, buffer, 0, half);
    return (System.nanoTime() - start) * 1e-9;
  }

  private List<Double> vote(int count, int bytes) {
    SocketCollective exchange = connected();
    byte[] record = new byte[bytes];
    List<Double> seconds = new ArrayList<>();
    for (int i = -VOTE_WARM_UP; i < count; i++) {
      long start = System.nanoTime();
      exchange.gatherRecords(record);
      if (i >= 0) {
        seconds.add((System.nanoTime() - start) * 1e-9);
      }
    }
    return seconds;
  }

  private void connectStreams(JsonNode request) throws IOException {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (JsonNode address : request.path("addresses")) {
      addresses.add(
          new InetSocketAddress(address.path("host").asText(), address.path("raw_port").asInt()));
    }
    streams.connect(rank, addresses, request.path("connections").asInt());
  }

  private void together() {
    connected().gatherRecords(new byte[0]);
  }

  private SocketCollective connected() {
    return Objects.requireNonNull(collective, "connected before");
  }
}
