package io.github.pumaspark.jobs.config;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** The keys of a configuration, derived from the components of {@link RunConfig}. */
public final class Keys {
  /** Section of a pipeline's named runs; its content is an overlay, not a record. */
  static final String RUNS = "runs";

  /** Sections in which the runs of a pipeline may differ. */
  static final List<String> OVERLAY_SECTIONS = List.of("network", "masking", "optimizer", "train");

  private static final Map<String, Type> TYPES = types();

  private Keys() {}

  /** Every key with the Java type of its value, in alphabetical order. */
  public static Map<String, Type> all() {
    return TYPES;
  }

  static boolean isSection(String path) {
    return TYPES.keySet().stream().anyMatch(key -> key.startsWith(path + "."));
  }

  /** Section name to record class, in the order of {@link RunConfig}. */
  static List<RecordComponent> sections() {
    return List.of(RunConfig.class.getRecordComponents());
  }

  static String kebab(String javaName) {
    return PropertyNamingStrategies.KebabCaseStrategy.INSTANCE.translate(javaName);
  }

  /** The known word nearest to an unknown one, if it is near enough to be a slip of the fingers. */
  static Optional<String> nearest(String unknown, Collection<String> known) {
    String last = lastWord(unknown);
    List<String> sameWord = known.stream().filter(key -> lastWord(key).equals(last)).toList();
    if (!last.equals(unknown) && sameWord.size() == 1) {
      return Optional.of(sameWord.get(0));
    }
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .min(
            Comparator.<String>comparingInt(key -> distance.apply(unknown, key))
                .thenComparing(Comparator.naturalOrder()))
        .filter(key -> distance.apply(unknown, key) <= Math.max(2, key.length() / 3));
  }

  /** " Did you mean 'x'?" or nothing. */
  static String suggestion(String unknown, Collection<String> known) {
    return nearest(unknown, known).map(key -> " Did you mean '" + key + "'?").orElse("");
  }

  private static String lastWord(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  private static Map<String, Type> types() {
    Map<String, Type> types = new TreeMap<>();
    for (RecordComponent section : sections()) {
      for (RecordComponent component : section.getType().getRecordComponents()) {
        types.put(
            kebab(section.getName()) + "." + kebab(component.getName()),
            component.getGenericType());
      }
    }
    return Collections.unmodifiableMap(types);
  }

  /** The keys that a text names, in the order of the text. */
  static List<String> namedIn(String text) {
    List<String> named = new ArrayList<>();
    for (String word : text.split("[^a-z0-9.-]+")) {
      String key = word.replaceAll("\\.+$", "");
      if (TYPES.containsKey(key)) {
        named.add(key);
      }
    }
    return named;
  }
}
