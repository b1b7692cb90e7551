package io.github.pumaspark.jobs.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;

/** Command-line overrides {@code key=value} as a configuration. */
final class Overrides {
  private Overrides() {}

  /** Later overrides of a key win; malformed ones are added to {@code problems}. */
  static Config parse(List<String> overrides, List<String> problems) {
    Config config = ConfigFactory.empty("command line");
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals <= 0) {
        problems.add("Invalid argument '" + override + "' (must be key=value)");
        continue;
      }
      String key = override.substring(0, equals).strip();
      try {
        ConfigUtil.splitPath(key);
        config = config.withValue(key, value(key, override.substring(equals + 1)));
      } catch (ConfigException e) {
        problems.add("Invalid argument '" + override + "' (the key is not a dotted name)");
      }
    }
    return config;
  }

  /*
   * A text is taken as it stands: as HOCON, "s3a://bucket" would not parse and "/a//b" would end at its comment.
   */
  private static ConfigValue value(String key, String text) {
    Type type = Keys.all().get(key.replaceFirst("^runs\\.[^.]+\\.", ""));
    if (type == String.class) {
      return ConfigValueFactory.fromAnyRef(text, "command line");
    }
    boolean isList = type instanceof ParameterizedType;
    if (isList && !text.startsWith("[")) {
      return list(text);
    }
    try {
      return ConfigFactory.parseString("value = " + text, ConfigReader.commandLineOrigin())
          .getValue("value");
    } catch (ConfigException e) {
      return isList && text.endsWith("]")
          ? list(text.substring(1, text.length() - 1))
          : ConfigValueFactory.fromAnyRef(text, "command line");
    }
  }

  private static ConfigValue list(String text) {
    return ConfigValueFactory.fromIterable(
        Arrays.stream(text.split(",")).map(String::strip).map(Overrides::scalar).toList(),
        "command line");
  }

  private static Object scalar(String text) {
    return text.matches("-?[0-9]{1,9}") ? Integer.valueOf(text) : text;
  }
}
