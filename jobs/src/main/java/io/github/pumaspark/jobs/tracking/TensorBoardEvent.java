package io.github.pumaspark.jobs.tracking;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Events as TensorBoard reads them: protocol buffers of TensorFlow's {@code Event} in the frames of
 * its record files. Wall times in seconds since 1970.
 */
final class TensorBoardEvent {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private static final int EVENT_WALL_TIME = 1;
  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SESSION_LOG_STATUS = 1;
  private static final int STATUS_START = 1;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE_VALUE = 2;

  private static final int CRC_MASK = 0xa282ead8;

  private TensorBoardEvent() {}

  /** What a file begins with. */
  static byte[] fileVersion(double wallTime) {
    return framed(event(wallTime, 0).bytes(EVENT_FILE_VERSION, utf8("brain.Event:2")));
  }

  /** Makes a reader forget what earlier files say of a step and of later ones. */
  static byte[] sessionStart(double wallTime, long step) {
    Message status = new Message().varint(SESSION_LOG_STATUS, STATUS_START);
    return framed(event(wallTime, step).bytes(EVENT_SESSION_LOG, status.toBytes()));
  }

  /** Numbers by tag. */
  static byte[] scalars(double wallTime, long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach(
        (tag, value) ->
            summary.bytes(
                SUMMARY_VALUE,
                new Message()
                    .bytes(VALUE_TAG, utf8(tag))
                    .float32(VALUE_SIMPLE_VALUE, value.floatValue())
                    .toBytes()));
    return framed(event(wallTime, step).bytes(EVENT_SUMMARY, summary.toBytes()));
  }

  private static Message event(double wallTime, long step) {
    return new Message().float64(EVENT_WALL_TIME, wallTime).varint(EVENT_STEP, step);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Length, its checksum, the message, its checksum; little-endian. */
  private static byte[] framed(Message message) {
    byte[] body = message.toBytes();
    ByteBuffer frame =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + body.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(body.length);
    frame.putInt(maskedCrc(frame.array(), Long.BYTES));
    frame.put(body);
    frame.putInt(maskedCrc(body, body.length));
    return frame.array();
  }

  private static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
  }

  /** A protocol buffer as it is written. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      varint(key(field, VARINT));
      varint(value);
      return this;
    }

    Message float64(int field, double value) {
      varint(key(field, FIXED64));
      out.writeBytes(little(Long.BYTES).putDouble(value).array());
      return this;
    }

    Message float32(int field, float value) {
      varint(key(field, FIXED32));
      out.writeBytes(little(Integer.BYTES).putFloat(value).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      varint(key(field, BYTES));
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    byte[] toBytes() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        out.write((int) ((left & 0x7f) | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
    }

    private static long key(int field, int wireType) {
      return ((long) field << 3) | wireType;
    }

    private static ByteBuffer little(int bytes) {
      return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
