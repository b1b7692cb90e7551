package io.github.pumaspark.jobs.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Converts configuration values to Java values, by Jackson, and says what a type demands. */
final class ValueBinder {
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .addModule(
              new SimpleModule()
                  .addDeserializer(Duration.class, new DurationDeserializer())
                  .setDeserializerModifier(new KebabCaseEnums()))
          .build();

  /** What a value of a type has to look like, to follow "must be". */
  static String rule(Type type) {
    if (type == int.class || type == long.class) {
      return "a whole number";
    }
    if (type == double.class) {
      return "a number";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == Duration.class) {
      return "a duration with its unit, such as 30s, 10m or 2h";
    }
    if (type instanceof Class<?> named && named.isEnum()) {
      return "one of " + String.join(", ", words(named));
    }
    if (type instanceof java.lang.reflect.ParameterizedType list) {
      return "a list of "
          + (list.getActualTypeArguments()[0] == Integer.class ? "whole numbers" : "texts")
          + ", such as [a, b]".replace("a, b", exampleOf(list.getActualTypeArguments()[0]));
    }
    return "a text";
  }

  /** The words by which an enum's constants are configured. */
  static List<String> words(Class<?> enumType) {
    return Arrays.stream(enumType.getEnumConstants()).map(ValueBinder::word).toList();
  }

  /** Whether a value fits a key's type. */
  boolean accepts(ConfigValue value, Type type) {
    try {
      Object bound = mapper.treeToValue(node(value, type), mapper.constructType(type));
      return bound != null && !(bound instanceof Double number && !Double.isFinite(number));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * A section as its record.
   *
   * @throws IllegalArgumentException the record's own complaint about its values
   */
  <T> T bind(ConfigObject section, Class<T> record) {
    var tree = mapper.createObjectNode();
    for (var component : record.getRecordComponents()) {
      String key = Keys.kebab(component.getName());
      ConfigValue value = section.get(key);
      if (value != null) {
        tree.set(key, node(value, component.getGenericType()));
      }
    }
    try {
      return mapper.treeToValue(tree, record);
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof IllegalArgumentException complaint) {
        throw complaint;
      }
      throw new IllegalStateException("section " + record.getSimpleName() + " does not bind", e);
    }
  }

  private JsonNode node(ConfigValue value, Type type) {
    boolean wantsText = type == String.class || type == Duration.class;
    boolean isScalar =
        value.valueType() == ConfigValueType.NUMBER || value.valueType() == ConfigValueType.BOOLEAN;
    if (wantsText && isScalar) {
      return mapper.getNodeFactory().textNode(value.render());
    }
    if (value instanceof ConfigList list) {
      var array = mapper.createArrayNode();
      JavaType element = mapper.constructType(type).getContentType();
      list.forEach(item -> array.add(node(item, element == null ? type : element.getRawClass())));
      return array;
    }
    return mapper.valueToTree(value.unwrapped());
  }

  private static String exampleOf(Type element) {
    return element == Integer.class ? "1, 2" : "a, b";
  }

  private static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static final class DurationDeserializer extends StdScalarDeserializer<Duration> {
    private static final long serialVersionUID = 1;

    DurationDeserializer() {
      super(Duration.class);
    }

    @Override
    public Duration deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = parser.getText().strip();
      if (text.matches("[0-9.]*[1-9][0-9.]*|")) {
        throw context.weirdStringException(text, Duration.class, "no unit");
      }
      try {
        return ConfigValueFactory.fromAnyRef(text).atKey("value").getDuration("value");
      } catch (ConfigException e) {
        throw context.weirdStringException(text, Duration.class, "not a duration");
      }
    }
  }

  private static final class KebabCaseEnums extends BeanDeserializerModifier {
    private static final long serialVersionUID = 1;

    @Override
    public JsonDeserializer<?> modifyEnumDeserializer(
        DeserializationConfig config,
        JavaType type,
        BeanDescription description,
        JsonDeserializer<?> deserializer) {
      return new EnumDeserializer(type.getRawClass());
    }
  }

  private static final class EnumDeserializer extends StdScalarDeserializer<Object> {
    private static final long serialVersionUID = 1;

    EnumDeserializer(Class<?> enumType) {
      super(enumType);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = parser.getText();
      for (Object constant : handledType().getEnumConstants()) {
        if (word(constant).equals(text)) {
          return constant;
        }
      }
      throw context.weirdStringException(text, handledType(), "unknown word");
    }
  }
}
