package io.github.pumaspark.jobs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.PrintWriter;
import org.apache.hadoop.fs.Path;

/** The JSON object on one line that a command leaves on standard output for scripts. */
final class ResultLine {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new SimpleModule().addSerializer(Path.class, ToStringSerializer.instance))
          .build();

  private ResultLine() {}

  /** Prints a record or a map, its fields in their order and with names in snake_case. */
  static void print(Object fields, PrintWriter out) {
    try {
      out.println(JSON.writeValueAsString(fields));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("results are always JSON", e);
    }
    out.flush();
  }
}
