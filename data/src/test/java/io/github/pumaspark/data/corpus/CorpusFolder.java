package io.github.pumaspark.data.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;

/** Input files for tests, and shorthands for what was read from them. */
record CorpusFolder(Path root) {
  static final Configuration CONFIGURATION = new Configuration();

  Path file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Path file(String name, byte[] content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  static byte[] zip(Map<String, String> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue().getBytes(StandardCharsets.ISO_8859_1));
        out.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** One file as it is found. */
  static CorpusFile corpusFile(Path file) throws IOException {
    return CorpusFile.of(file.toUri().toString(), Files.size(file));
  }

  static List<CorpusRecord> all(CorpusRecords records) throws IOException {
    try (records) {
      List<CorpusRecord> list = new ArrayList<>();
      records.forEachRemaining(list::add);
      return list;
    }
  }

  /** {@code name:line=content} or {@code name:line!reason}, the folders of the file left out. */
  static List<String> describe(List<CorpusRecord> records) {
    return records.stream().map(CorpusFolder::describe).toList();
  }

  private static String describe(CorpusRecord record) {
    String source = record.source();
    int archive = source.indexOf('!');
    int cut = source.lastIndexOf('/', archive < 0 ? source.length() : archive);
    String place = source.substring(cut + 1) + ":" + record.line();
    if (record instanceof Document document) {
      return place + "=" + new String(document.content(), StandardCharsets.UTF_8);
    }
    if (record instanceof PuzzleRecord puzzle) {
      return place + "=" + puzzle.puzzle();
    }
    return place + "!" + ((QuarantinedRecord) record).reason();
  }
}
