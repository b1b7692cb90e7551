package io.github.pumaspark.jobs.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.train.GuardConfig;
import io.github.pumaspark.model.train.TrainConfig;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads one configuration and its pipeline runs, collecting every problem on the way. */
final class ConfigReader {
  /*
   * Layers, strongest first: command line, file, preset, reference.conf. Every check looks at the merged and
   * resolved tree, in which each value still knows its origin. A value found wrong is reported and set back to its
   * default, so that the checks after it see a whole configuration and find what else is wrong.
   */
  private static final String DEFAULT = "default";
  private static final String COMMAND_LINE = "command line";
  private static final String PRESET = "run.preset";

  private final Config commandLine;
  private final Config file;
  private final Config reference;

  /** The preset over {@link #reference}, once its name is known. */
  private Config defaults;

  private final ValueBinder binder = new ValueBinder();
  private final Set<String> problems = new LinkedHashSet<>();

  ConfigReader(Config commandLine, Config file, Collection<String> problems) {
    this.commandLine = commandLine;
    this.file = file;
    this.reference =
        ConfigFactory.parseResources(
            ConfigReader.class,
            "reference.conf",
            ConfigParseOptions.defaults().setAllowMissing(false).setOriginDescription(DEFAULT));
    this.defaults = reference;
    this.problems.addAll(problems);
  }

  static ConfigParseOptions commandLineOrigin() {
    return ConfigParseOptions.defaults().setOriginDescription(COMMAND_LINE);
  }

  /** Reads everything. */
  EffectiveConfig read() {
    try {
      boolean isPresetKnown = choosePreset();
      Config merged = merged();
      checkKeys(merged.root(), "");
      if (!isPresetKnown) {
        // Without its values, what looks contradictory may not be.
        throw failure();
      }
      Map<String, EffectiveConfig> runs = new TreeMap<>();
      EffectiveConfig base = readOne(merged, runs);
      if (merged.getValue(Keys.RUNS) instanceof ConfigObject overlays) {
        for (Map.Entry<String, ConfigValue> run : overlays.entrySet()) {
          checkOverlay(run.getKey(), run.getValue());
          if (run.getValue() instanceof ConfigObject) {
            runs.put(run.getKey(), named(run.getKey(), base, merged));
          }
        }
      }
      if (runs.isEmpty()) {
        String name = base.values().run().name();
        runs.put(name, named(name, base, merged));
      }
      if (!problems.isEmpty()) {
        throw failure();
      }
      return base;
    } catch (ConfigException e) {
      throw new io.github.pumaspark.data.lang.ConfigException(
          "Cannot read the configuration: " + e.getMessage());
    }
  }

  private io.github.pumaspark.data.lang.ConfigException failure() {
    return new io.github.pumaspark.data.lang.ConfigException(List.copyOf(problems));
  }

  private Config merged() {
    return commandLine.withFallback(file).withFallback(defaults).resolve();
  }

  /** Puts the preset that was asked for below the file; false if there is none of that name. */
  private boolean choosePreset() {
    ConfigValue chosen = value(merged(), PRESET);
    String name = chosen == null ? "" : String.valueOf(chosen.unwrapped());
    if (chosen == null || name.isEmpty() || !binder.accepts(chosen, String.class)) {
      return true;
    }
    if (!Presets.names().contains(name)) {
      problems.add(
          "Invalid "
              + PRESET
              + ": "
              + render(chosen)
              + at(chosen)
              + " (must be one of "
              + String.join(", ", Presets.names())
              + ")"
              + Keys.suggestion(name, Presets.names()));
      return false;
    }
    defaults = Presets.load(name).withFallback(reference);
    return true;
  }

  private EffectiveConfig readOne(Config merged, Map<String, EffectiveConfig> runs) {
    Config clean = withFittingTypes(merged);
    ConfigObject root = withSoundSections(clean).root();
    RunConfig values =
        new RunConfig(
            section(root, "run", RunSection.class),
            section(root, "dataset", DatasetSection.class),
            section(root, "network", NetworkConfig.class),
            section(root, "masking", MaskingConfig.class),
            section(root, "optimizer", OptimizerConfig.class),
            section(root, "train", TrainConfig.class),
            section(root, "guard", GuardConfig.class),
            section(root, "collective", CollectiveConfig.class),
            section(root, "cluster", ClusterConfig.class),
            section(root, "shard", ShardConfig.class),
            section(root, "generate", GenerateConfig.class),
            section(root, "evaluate", EvaluateConfig.class));
    for (String contradiction : values.contradictions()) {
      addWithSources(contradiction, merged);
    }
    return new EffectiveConfig(values, merged, settings(merged), runs);
  }

  private void checkKeys(ConfigObject object, String prefix) {
    for (Map.Entry<String, ConfigValue> entry : sorted(object)) {
      String path = prefix + entry.getKey();
      ConfigValue value = entry.getValue();
      if (path.equals(Keys.RUNS)) {
        if (value.valueType() != ConfigValueType.OBJECT) {
          problems.add("Invalid runs" + at(value) + " (must be a section: name { ... })");
        }
      } else if (Keys.isSection(path)) {
        if (value instanceof ConfigObject section) {
          checkKeys(section, path + ".");
        } else {
          problems.add(
              "Invalid " + path + ": " + render(value) + at(value) + " (must be a section)");
        }
      } else if (!Keys.all().containsKey(path)) {
        if (value instanceof ConfigObject section && !section.isEmpty()) {
          // Only its values know where they were written.
          checkKeys(section, path + ".");
        } else {
          unknown(path, path, value);
        }
      }
    }
  }

  private void checkOverlay(String name, ConfigValue overlay) {
    String place = Keys.RUNS + "." + name;
    if (!RunSection.isName(name) || !(overlay instanceof ConfigObject sections)) {
      problems.add("Invalid " + place + at(overlay) + " (must be a section with a plain name)");
      return;
    }
    for (Map.Entry<String, ConfigValue> section : sorted(sections)) {
      String path = place + "." + section.getKey();
      if (!Keys.OVERLAY_SECTIONS.contains(section.getKey())) {
        problems.add(
            "Invalid "
                + path
                + at(section.getValue())
                + " (runs differ in "
                + String.join(", ", Keys.OVERLAY_SECTIONS)
                + " only)");
      } else if (section.getValue() instanceof ConfigObject values) {
        for (Map.Entry<String, ConfigValue> entry : sorted(values)) {
          String key = section.getKey() + "." + entry.getKey();
          if (!Keys.all().containsKey(key)) {
            unknown(place + "." + key, key, entry.getValue());
          }
        }
      } else {
        problems.add("Invalid " + path + at(section.getValue()) + " (must be a section)");
      }
    }
  }

  private void unknown(String path, String key, ConfigValue value) {
    problems.add(
        "Unknown key '" + path + "'" + at(value) + "." + Keys.suggestion(key, Keys.all().keySet()));
  }

  /** The configuration of a named run; what the command line says beats what any file says. */
  private EffectiveConfig named(String name, EffectiveConfig base, Config merged) {
    String path = ConfigUtil.joinPath(Keys.RUNS, name);
    Config resolvedFile = file.resolveWith(merged);
    Map<String, String> place =
        Map.of("name", name, "directory", base.values().run().directory() + "/runs/" + name);
    Config overlaid =
        ConfigFactory.parseMap(Map.of("run", place), path)
            .withFallback(sub(commandLine, path))
            .withFallback(commandLine.withoutPath(Keys.RUNS))
            .withFallback(sub(resolvedFile, path))
            .withFallback(resolvedFile.withoutPath(Keys.RUNS))
            .withFallback(defaults.withoutPath(Keys.RUNS))
            .resolve();
    return readOne(overlaid, Map.of());
  }

  private static Config sub(Config config, String path) {
    return config.hasPath(path) ? config.getConfig(path) : ConfigFactory.empty();
  }

  /** Reports values whose type does not fit, and returns the configuration with defaults there. */
  private Config withFittingTypes(Config merged) {
    Config clean = merged;
    for (RecordComponent section : Keys.sections()) {
      if (!(merged.root().get(section.getName()) instanceof ConfigObject)) {
        clean = clean.withoutPath(section.getName()).withFallback(defaults());
      }
    }
    for (Map.Entry<String, Type> key : Keys.all().entrySet()) {
      ConfigValue value = value(clean, key.getKey());
      if (value == null) {
        clean = reset(clean, key.getKey());
      } else if (!binder.accepts(value, key.getValue())) {
        problems.add(
            "Invalid "
                + key.getKey()
                + ": "
                + render(value)
                + at(value)
                + " (must be "
                + ValueBinder.rule(key.getValue())
                + ")"
                + wordSuggestion(value, key.getValue()));
        clean = reset(clean, key.getKey());
      }
    }
    return clean;
  }

  private static String wordSuggestion(ConfigValue value, Type type) {
    return type instanceof Class<?> named && named.isEnum()
        ? Keys.suggestion(String.valueOf(value.unwrapped()), ValueBinder.words(named))
        : "";
  }

  /** Reports what the records refuse, and returns the configuration with defaults there. */
  private Config withSoundSections(Config fitting) {
    Config sound = fitting;
    for (RecordComponent section : Keys.sections()) {
      Set<String> resetKeys = new HashSet<>();
      while (true) {
        try {
          section(sound.root(), section.getName(), section.getType());
          break;
        } catch (IllegalArgumentException e) {
          String complaint = String.valueOf(e.getMessage());
          List<String> named = Keys.namedIn(complaint);
          if (named.stream().noneMatch(resetKeys::contains)) {
            addWithSources(complaint, fitting);
          }
          if (named.isEmpty() || !resetKeys.addAll(named)) {
            sound = sound.withoutPath(section.getName()).withFallback(defaults());
            break;
          }
          for (String key : named) {
            sound = reset(sound, key);
          }
        }
      }
    }
    return sound;
  }

  private <T> T section(ConfigObject root, String name, Class<T> record) {
    if (root.get(name) instanceof ConfigObject section) {
      return binder.bind(section, record);
    }
    throw new IllegalStateException("section " + name + " is missing after checks");
  }

  private Config reset(Config config, String key) {
    return config.withoutPath(key).withFallback(defaults().withOnlyPath(key));
  }

  private Config defaults() {
    return defaults.resolve();
  }

  private void addWithSources(String problem, Config merged) {
    List<String> sources = new ArrayList<>();
    for (String key : Keys.namedIn(problem)) {
      ConfigValue value = value(merged, key);
      if (value != null && !source(value.origin()).equals(DEFAULT)) {
        sources.add(source(value.origin()));
      }
    }
    problems.add(
        sources.isEmpty()
            ? problem
            : problem + " [" + String.join(", ", new LinkedHashSet<>(sources)) + "]");
  }

  private static List<Setting> settings(Config merged) {
    List<Setting> settings = new ArrayList<>();
    for (String key : Keys.all().keySet()) {
      ConfigValue value = value(merged, key);
      if (value != null) {
        settings.add(new Setting(key, render(value), source(value.origin())));
      }
    }
    return settings;
  }

  private static @Nullable ConfigValue value(Config config, String key) {
    ConfigValue value = config.root();
    for (String word : key.split("\\.")) {
      value = value instanceof ConfigObject object ? object.get(word) : null;
    }
    return value;
  }

  private static List<Map.Entry<String, ConfigValue>> sorted(ConfigObject object) {
    return object.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList();
  }

  private static String render(ConfigValue value) {
    return value.render(ConfigRenderOptions.concise());
  }

  private static String at(ConfigValue value) {
    String source = source(value.origin());
    return source.equals(COMMAND_LINE) ? " on the command line" : " in " + source;
  }

  private static String source(ConfigOrigin origin) {
    String description = origin.description().replaceFirst(": (\\d+)$", ":$1");
    for (String preset : Presets.names()) {
      if (description.startsWith(Presets.source(preset) + ":")) {
        return Presets.source(preset);
      }
    }
    return description.startsWith(DEFAULT + ":")
        ? DEFAULT
        : description.startsWith(COMMAND_LINE) ? COMMAND_LINE : description;
  }
}
