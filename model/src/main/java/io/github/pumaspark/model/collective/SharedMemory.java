package io.github.pumaspark.model.collective;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Memory that ranks of one host share, proved by doing it: every rank offers a file, opens those of
 * the ranks on its host and says which it could read; two ranks share if both could.
 */
final class SharedMemory {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final int MAX_REASON_CHARACTERS = 300;

  private final RunIdentity run;
  private final int rank;
  private final Path directory;
  private final String host;
  private final Gather gather;

  /**
   * @param directory a memory file system
   */
  SharedMemory(RunIdentity run, int rank, Path directory, Gather gather) {
    this.run = run;
    this.rank = rank;
    this.directory = directory;
    this.host = host();
    this.gather = gather;
  }

  /** A collective call. */
  interface Gather {
    /** Every rank's record, in rank order. */
    List<byte[]> records(byte[] record);
  }

  /**
   * What came of it.
   *
   * @param own this rank's memory, null if it could not be made shareable
   * @param peers the memory of those that this rank shares with, read-only, by rank
   * @param refused why it is not shared with a rank on the same host, by rank
   * @param isComplete whether every rank shares with every other; equal on every rank
   * @param isEmpty whether no rank shares with any; equal on every rank
   */
  record Outcome(
      @Nullable ByteBuffer own,
      Map<Integer, ByteBuffer> peers,
      Map<Integer, String> refused,
      boolean isComplete,
      boolean isEmpty) {}

  /** Shares {@code length} zeroed floats; a collective call. */
  Outcome share(int length) {
    int bytes = Math.multiplyExact(length, Float.BYTES);
    try {
      return share(SharedFile.create(directory, run, rank, bytes), "", bytes);
    } catch (IOException e) {
      return share(null, reason(e), bytes);
    }
  }

  /** Takes part in the call for the sake of others. */
  Outcome abstain(int length) {
    return share(null, "it shares with no rank", Math.multiplyExact(length, Float.BYTES));
  }

  private Outcome share(@Nullable SharedFile file, String reason, int bytes) {
    try {
      List<Offer> offers = gatherAll(Offer.of(host, file, reason).encode(), Offer::decode);
      Map<Integer, ByteBuffer> opened = new TreeMap<>();
      Map<Integer, String> refused = new TreeMap<>();
      for (int peer = 0; peer < offers.size(); peer++) {
        Offer offer = offers.get(peer);
        if (peer != rank && offer.host.equals(host)) {
          try {
            // Both directions or none: without an own file there is no use in opening theirs.
            if (file == null) {
              throw new IOException(reason);
            }
            opened.put(peer, open(peer, offer, bytes));
          } catch (IOException e) {
            refused.put(peer, reason(e));
          }
        }
      }
      List<Reply> replies = gatherAll(new Reply(opened.keySet(), refused).encode(), Reply::decode);
      refuse(opened, refused, replies);
      ByteBuffer own = file == null ? null : file.memory().slice(0, bytes);
      boolean isEmpty = replies.stream().allMatch(reply -> reply.opened.isEmpty());
      return new Outcome(own, opened, refused, isComplete(replies), isEmpty);
    } finally {
      if (file != null) {
        file.unlink();
      }
    }
  }

  private ByteBuffer open(int peer, Offer offer, int bytes) throws IOException {
    if (offer.name.isEmpty()) {
      throw new IOException(offer.reason);
    }
    return SharedFile.open(directory, run, peer, offer.name, offer.nonce, bytes)
        .slice(0, bytes)
        .order(ByteOrder.nativeOrder());
  }

  /** Takes back what the other side could not open. */
  private void refuse(
      Map<Integer, ByteBuffer> opened, Map<Integer, String> refused, List<Reply> replies) {
    for (int peer : List.copyOf(opened.keySet())) {
      if (!replies.get(peer).opened.contains(rank)) {
        opened.remove(peer);
        String theirs = replies.get(peer).refused.getOrDefault(rank, "no reason given");
        refused.put(peer, "rank " + peer + " says: " + theirs);
      }
    }
  }

  private static boolean isComplete(List<Reply> replies) {
    return replies.stream().allMatch(reply -> reply.opened.size() == replies.size() - 1);
  }

  private interface Decoder<T> {
    T decode(DataInputStream in) throws IOException;
  }

  private <T> List<T> gatherAll(byte[] own, Decoder<T> decoder) {
    List<T> all = new ArrayList<>();
    for (byte[] record : gather.records(own)) {
      try {
        all.add(decoder.decode(new DataInputStream(new ByteArrayInputStream(record))));
      } catch (IOException e) {
        throw new PeerLostException("Invalid record about shared memory: " + e.getMessage(), e);
      }
    }
    return all;
  }

  private interface Encoder {
    void encode(DataOutputStream out) throws IOException;
  }

  private static byte[] encode(Encoder encoder) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      encoder.encode(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot happen in memory", e);
    }
    return bytes.toByteArray();
  }

  /** A rank's file, or why there is none. */
  private record Offer(String host, String name, byte[] nonce, String reason) {
    static Offer of(String host, @Nullable SharedFile file, String reason) {
      return file == null
          ? new Offer(host, "", new byte[SharedFile.NONCE_BYTES], reason)
          : new Offer(host, file.name(), file.nonce(), "");
    }

    byte[] encode() {
      return SharedMemory.encode(
          out -> {
            out.writeUTF(host);
            out.writeUTF(name);
            out.write(nonce);
            out.writeUTF(reason);
          });
    }

    static Offer decode(DataInputStream in) throws IOException {
      String host = in.readUTF();
      String name = in.readUTF();
      byte[] nonce = new byte[SharedFile.NONCE_BYTES];
      in.readFully(nonce);
      return new Offer(host, name, nonce, in.readUTF());
    }
  }

  /** Whose files a rank could read, and why not others. */
  private record Reply(Set<Integer> opened, Map<Integer, String> refused) {
    byte[] encode() {
      return SharedMemory.encode(
          out -> {
            out.writeInt(opened.size());
            for (int peer : opened) {
              out.writeInt(peer);
            }
            out.writeInt(refused.size());
            for (Map.Entry<Integer, String> entry : refused.entrySet()) {
              out.writeInt(entry.getKey());
              out.writeUTF(entry.getValue());
            }
          });
    }

    static Reply decode(DataInputStream in) throws IOException {
      Set<Integer> opened = new TreeSet<>();
      for (int left = in.readInt(); left > 0; left--) {
        opened.add(in.readInt());
      }
      Map<Integer, String> refused = new TreeMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        int peer = in.readInt();
        refused.put(peer, in.readUTF());
      }
      return new Reply(opened, refused);
    }
  }

  private static String reason(IOException e) {
    String text = e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : e.toString();
    return text.substring(0, Math.min(text.length(), MAX_REASON_CHARACTERS));
  }

  /** Ranks of one operating system may try; what the boot id cannot tell, the files will. */
  private static String host() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
