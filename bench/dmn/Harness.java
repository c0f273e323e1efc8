import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the two Java engines share: rows in, figures out. Arguments: FOLDER SECONDS. */
abstract class Harness {
  static final ObjectMapper JSON = new ObjectMapper();
  String folder;
  double seconds;

  interface Evaluation {
    Object apply(Map<String, Object> inputs);
  }

  interface Making {
    Object make() throws Exception;
  }

  /** An expression that was parsed before, or null when the engine has no such form. */
  abstract Evaluation prepared(String expression, Map<String, Object> sample) throws Exception;

  abstract Evaluation parsedEachTime(String expression);

  /** A model, and its decisions one after the other; throws when the engine cannot. */
  abstract Object model(String xml) throws Exception;

  abstract Evaluation decide(Object model, String decision);

  static Object value(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.fields().forEachRemaining(entry -> map.put(entry.getKey(), value(entry.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(item -> list.add(value(item)));
      return list;
    }
    return node.isNumber() ? new BigDecimal(node.asText()) : node.isBoolean() ? (Object) node.asBoolean() : node.asText();
  }

  interface Round {
    int run() throws Exception;
  }

  /** Nanoseconds of one evaluation: the median of seven, after a warm-up of three seconds or more. */
  double measure(Round round) throws Exception {
    double[] times = new double[7];
    int warm = (int) Math.ceil(3 / seconds);
    for (int i = -warm; i < times.length; i++) {
      long begun = System.nanoTime(), taken;
      long count = 0;
      do {
        count += round.run();
        taken = System.nanoTime() - begun;
      } while (taken < seconds * 1e9);
      if (i >= 0) times[i] = (double) taken / count;
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  static long used() throws Exception {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(30);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  long bytesOf(Making making, int count) throws Exception {
    making.make();
    long before = used();
    List<Object> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) kept.add(making.make());
    long after = used();
    return (after - before) / kept.size();
  }

  volatile Object sink;

  Map<String, Object> row(JsonNode row) throws Exception {
    Map<String, Object> out = new LinkedHashMap<>();
    List<Map<String, Object>> inputs = new ArrayList<>();
    row.get("inputs").forEach(one -> {
      @SuppressWarnings("unchecked")
      Map<String, Object> map = (Map<String, Object>) value(one);
      inputs.add(map);
    });
    List<Object> answers = new ArrayList<>();
    List<Evaluation> evaluations = new ArrayList<>();
    if (row.get("kind").asText().equals("expression")) {
      String source = row.get("expression").asText();
      Evaluation each = parsedEachTime(source), before = prepared(source, inputs.get(0));
      evaluations.add(before != null ? before : each);
      for (Map<String, Object> one : inputs) answers.add(evaluations.get(0).apply(one));
      out.put("answers", answers);
      if (before != null) out.put("prepared", measure(rounds(inputs, evaluations)));
      out.put("each", measure(rounds(inputs, List.of(each))));
      return out;
    }
    String file = row.get("files").get("1.3").asText(), xml = Files.readString(Path.of(folder, file));
    Object model = model(xml);
    row.get("decisions").forEach(name -> evaluations.add(decide(model, name.asText())));
    for (Map<String, Object> one : inputs) for (Evaluation evaluation : evaluations) answers.add(evaluation.apply(one));
    out.put("answers", answers);
    out.put("prepared", measure(rounds(inputs, evaluations)));
    out.put("compile", measure(() -> {
      sink = model(xml);
      return 1;
    }));
    out.put("bytes", bytesOf(() -> model(xml), file.contains("2000") ? 3 : 20));
    return out;
  }

  Round rounds(List<Map<String, Object>> inputs, List<Evaluation> evaluations) {
    return () -> {
      for (Map<String, Object> one : inputs) for (Evaluation evaluation : evaluations) sink = evaluation.apply(one);
      return inputs.size();
    };
  }

  void run(String[] arguments) throws Exception {
    folder = arguments[0];
    seconds = Double.parseDouble(arguments[1]);
    for (JsonNode row : JSON.readTree(Path.of(folder, "work.json").toFile()).get("rows")) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("row", row.get("name").asText());
      try {
        out.putAll(row(row));
      } catch (Throwable wrong) {
        out.put("error", String.valueOf(wrong));
      }
      System.out.println(JSON.writeValueAsString(out));
    }
    System.exit(0);
  }
}
