package io.github.pumaspark.data.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * The process that holds a lock, as the lock's file names it.
 *
 * @param machine what tells machines and containers apart that share a host name, so that process
 *     ids mean the same where it is equal; empty if unknown
 * @param token different for every attempt to take a lock
 * @param released whether the holder has given the lock back
 */
record LockHolder(
    String host, String machine, long pid, String started, String token, boolean released) {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** This process, with a token of its own. */
  static LockHolder self() {
    return new LockHolder(
        hostName(),
        machineId(),
        ProcessHandle.current().pid(),
        started(ProcessHandle.current()),
        UUID.randomUUID().toString(),
        false);
  }

  /** Reads a file's text; one that is still being written names nobody. */
  static LockHolder parse(String text) {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      json = JSON.createObjectNode();
    }
    return new LockHolder(
        json.path("host").asText(""),
        json.path("machine").asText(""),
        json.path("pid").asLong(0),
        json.path("started").asText(""),
        json.path("token").asText(""),
        json.path("released").asBoolean(false));
  }

  LockHolder withReleased() {
    return new LockHolder(host, machine, pid, started, token, true);
  }

  /** The text of the file, one JSON object. */
  String toJson() {
    return JSON.createObjectNode()
            .put("host", host)
            .put("machine", machine)
            .put("pid", pid)
            .put("started", started)
            .put("token", token)
            .put("released", released)
            .toString()
        + "\n";
  }

  /** Whether the process is known to have ended: it was one of this machine, and is not there. */
  boolean isDead() {
    return pid > 0
        && host.equals(hostName())
        && machine.equals(machineId())
        && ProcessHandle.of(pid).filter(process -> started.equals(started(process))).isEmpty();
  }

  /** What a refused process tells its user. */
  IOException taken(org.apache.hadoop.fs.Path directory) {
    String who =
        pid > 0
            ? "process %s on host '%s', started %s,".formatted(pid, host, started)
            : "another process";
    return new IOException(
        "Cannot use '%s': %s works in it. Wait for its end, stop it, or choose another directory."
            .formatted(Storage.shown(directory), who));
  }

  private static String started(ProcessHandle process) {
    return process
        .info()
        .startInstant()
        .map(start -> start.truncatedTo(ChronoUnit.SECONDS))
        .map(Instant::toString)
        .orElse("unknown");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (java.net.UnknownHostException e) {
      return "unknown";
    }
  }

  private static String machineId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
