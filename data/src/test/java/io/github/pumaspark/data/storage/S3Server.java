package io.github.pumaspark.data.storage;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * An S3-compatible server, s3proxy in a process of its own, with one bucket that is a directory of
 * this machine; it listens on 127.0.0.1 only.
 */
public final class S3Server implements AutoCloseable {
  private static final String BUCKET = "bucket";
  private static final Duration START = Duration.ofSeconds(60);

  private final Process process;
  private final int port;

  private S3Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts a server that keeps its objects and its log in a directory. */
  public static S3Server start(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory.resolve("data").resolve(BUCKET));
    int port = freePort();
    Path settings = directory.resolve("s3proxy.conf");
    Files.writeString(
        settings,
        String.join(
            "\n",
            "s3proxy.endpoint=http://127.0.0.1:" + port,
            "s3proxy.authorization=none",
            "jclouds.provider=filesystem-nio2",
            "jclouds.identity=test",
            "jclouds.credential=test",
            "jclouds.filesystem.basedir=" + directory.resolve("data"),
            ""));
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx256m",
                "-jar",
                jar().toString(),
                "--properties",
                settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("s3proxy.log").toFile())
            .start();
    // A test that is killed must not leave it behind.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    long end = System.nanoTime() + START.toNanos();
    while (!isListening(port)) {
      if (System.nanoTime() > end || process.waitFor(100, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException(
            "Cannot start s3proxy: " + Files.readString(directory.resolve("s3proxy.log")));
      }
    }
    return new S3Server(process, port);
  }

  /** A path in the bucket. */
  public org.apache.hadoop.fs.Path path(String key) {
    return new org.apache.hadoop.fs.Path("s3a://" + BUCKET + "/" + key);
  }

  /** Adds what a client needs to reach this server. */
  public Configuration configure(Configuration configuration) {
    configuration.set("fs.s3a.endpoint", "http://127.0.0.1:" + port);
    configuration.set("fs.s3a.endpoint.region", "us-east-1");
    configuration.set("fs.s3a.path.style.access", "true");
    configuration.set("fs.s3a.connection.ssl.enabled", "false");
    configuration.set("fs.s3a.access.key", "test");
    configuration.set("fs.s3a.secret.key", "test");
    configuration.set(
        "fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider");
    // Servers of tests are gone for good when they are gone.
    configuration.set("fs.s3a.attempts.maximum", "2");
    configuration.set("fs.s3a.retry.limit", "2");
    return configuration;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** The build of this module puts it there, beside its test classes, wherever they are used. */
  private static Path jar() {
    try {
      Path classes =
          Path.of(S3Server.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return classes.resolveSibling("s3proxy" + File.separator + "s3proxy.jar");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress("127.0.0.1", 0));
      return socket.getLocalPort();
    }
  }

  private static boolean isListening(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
