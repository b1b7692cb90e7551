package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.core.type.TypeReference;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Fills the template. It escapes every value; the only raw texts are the style sheet and the
 * script, which come with the code, and JSON that cannot end its element.
 */
final class Page {
  private static final String SCRIPT = "report.js";

  private final Configuration templates;

  Page() {
    templates = new Configuration(Configuration.VERSION_2_3_34);
    templates.setClassForTemplateLoading(Page.class, "");
    templates.setDefaultEncoding(StandardCharsets.UTF_8.name());
    templates.setLocale(Locale.ROOT);
    templates.setNumberFormat("c");
    templates.setBooleanFormat("c");
    templates.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    templates.setLogTemplateExceptions(false);
    templates.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
  }

  /**
   * Writes the page.
   *
   * @param values records, lists and texts under the names that the template uses
   */
  void write(Map<String, Object> values, Writer out) throws IOException {
    String script = resource(SCRIPT);
    Map<String, Object> model =
        new HashMap<>(
            Json.MAPPER.convertValue(values, new TypeReference<Map<String, Object>>() {}));
    model.put("script", script);
    model.put("scriptHash", sha256Base64(script));
    model.put("style", resource("report.css"));
    Template template = templates.getTemplate("report.ftlh");
    try {
      template.process(model, out);
    } catch (TemplateException e) {
      throw new IllegalStateException("the template fits the model", e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar holds " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String sha256Base64(String text) {
    return Base64.getEncoder()
        .encodeToString(
            io.github.pumaspark.data.storage.Storage.sha256()
                .digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
