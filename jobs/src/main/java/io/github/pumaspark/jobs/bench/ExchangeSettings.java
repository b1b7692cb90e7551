package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What the ranks of one measurement agree on.
 *
 * @param key the run's secret in Base64; goes to the ranks through their standard input only
 */
record ExchangeSettings(int ranks, CollectiveConfig collective, String key) {
  /** Settings with a new key. */
  static ExchangeSettings of(int ranks, CollectiveConfig collective) {
    byte[] secret = new byte[RunKey.BYTES];
    new SecureRandom().nextBytes(secret);
    return new ExchangeSettings(ranks, collective, Base64.getEncoder().encodeToString(secret));
  }

  /** Reads what {@link #fields} wrote. */
  static ExchangeSettings of(JsonNode fields) {
    return new ExchangeSettings(
        fields.path("ranks").asInt(),
        new CollectiveConfig(
            fields.path("bucket_megabytes").asInt(),
            CollectiveConfig.Path.valueOf(fields.path("path").asText()),
            fields.path("shared_directory").asText(),
            fields.path("connections").asInt(),
            CollectiveConfig.Wire.valueOf(fields.path("wire").asText()),
            CollectiveConfig.StagingChoice.valueOf(fields.path("staging").asText()),
            fields.path("sharded_optimizer").asBoolean(),
            CollectiveConfig.Encryption.valueOf(fields.path("encryption").asText())),
        fields.path("key").asText());
  }

  /** The fields that a rank's process is started with. */
  Map<String, Object> fields(int rank, String host) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("rank", rank);
    fields.put("host", host);
    fields.put("ranks", ranks);
    fields.put("bucket_megabytes", collective.bucketMegabytes());
    fields.put("path", collective.path());
    fields.put("shared_directory", collective.sharedDirectory());
    fields.put("connections", collective.connections());
    fields.put("wire", collective.wire());
    fields.put("staging", collective.staging());
    fields.put("sharded_optimizer", collective.shardedOptimizer());
    fields.put("encryption", collective.encryption());
    fields.put("key", key);
    return fields;
  }

  /** What both ends of a connection prove to each other. */
  RunIdentity identity() {
    return new RunIdentity(
        "bench",
        0,
        ranks,
        RunKey.of(Base64.getDecoder().decode(key)),
        collective.encryption() == CollectiveConfig.Encryption.ON);
  }

  /** A name as it is written on the command line. */
  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "ExchangeSettings[" + ranks + " ranks, " + collective + "]";
  }
}
