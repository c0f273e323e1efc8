import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.camunda.bpm.dmn.engine.DmnDecision;
import org.camunda.bpm.dmn.engine.DmnEngine;
import org.camunda.bpm.dmn.engine.DmnEngineConfiguration;
import org.camunda.feel.api.EvaluationResult;
import org.camunda.feel.api.FeelEngineApi;
import org.camunda.feel.api.FeelEngineBuilder;
import org.camunda.feel.syntaxtree.ParsedExpression;

/** Camunda's DMN engine for decisions, and the feel-scala engine in it for expressions. */
public class Camunda extends Harness {
  private final FeelEngineApi feel = FeelEngineBuilder.forJava().build();

  static Object result(EvaluationResult answer) {
    if (answer.isFailure()) throw new IllegalStateException(answer.failure().message());
    return answer.result();
  }

  @Override
  Evaluation prepared(String expression, Map<String, Object> sample) {
    ParsedExpression parsed = feel.parseExpression(expression).parsedExpression();
    return inputs -> result(feel.evaluate(parsed, inputs));
  }

  @Override
  Evaluation parsedEachTime(String expression) {
    return inputs -> result(feel.evaluateExpression(expression, inputs));
  }

  record Model(DmnEngine engine, String xml, Map<String, DmnDecision> decisions) {}

  @Override
  Object model(String xml) {
    DmnEngine engine = DmnEngineConfiguration.createDefaultDmnEngineConfiguration().buildEngine();
    Map<String, DmnDecision> decisions = new java.util.HashMap<>();
    engine.parseDecisions(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))).forEach(one -> {
      decisions.put(one.getKey(), one);
      decisions.put(one.getName(), one);
    });
    return new Model(engine, xml, decisions);
  }

  @Override
  Evaluation decide(Object made, String name) {
    Model model = (Model) made;
    DmnDecision decision = model.decisions().get(name);
    if (decision == null) throw new IllegalStateException("no decision " + name);
    return inputs -> model.engine().evaluateDecision(decision, inputs).getSingleResult().getSingleEntry();
  }

  public static void main(String[] arguments) throws Exception {
    new Camunda().run(arguments);
  }
}
