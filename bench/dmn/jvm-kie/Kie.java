import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kie.dmn.api.core.DMNContext;
import org.kie.dmn.api.core.DMNModel;
import org.kie.dmn.api.core.DMNRuntime;
import org.kie.dmn.core.internal.utils.DMNRuntimeBuilder;
import org.kie.dmn.feel.FEEL;
import org.kie.dmn.feel.lang.CompiledExpression;
import org.kie.dmn.feel.lang.CompilerContext;
import org.kie.dmn.feel.lang.types.BuiltInType;
import org.kie.internal.io.ResourceFactory;

/** Drools (KIE) DMN. */
public class Kie extends Harness {
  private final FEEL feel = org.kie.dmn.feel.lang.impl.FEELBuilder.builder().build();

  @Override
  Evaluation prepared(String expression, Map<String, Object> sample) {
    CompilerContext context = feel.newCompilerContext();
    sample.keySet().forEach(name -> context.addInputVariableType(name, BuiltInType.UNKNOWN));
    CompiledExpression compiled = feel.compile(expression, context);
    return inputs -> feel.evaluate(compiled, inputs);
  }

  @Override
  Evaluation parsedEachTime(String expression) {
    return inputs -> feel.evaluate(expression, inputs);
  }

  @Override
  Object model(String xml) {
    DMNRuntime runtime = DMNRuntimeBuilder.fromDefaults().buildConfiguration()
        .fromResources(List.of(ResourceFactory.newReaderResource(new StringReader(xml)).setSourcePath("model.dmn")))
        .getOrElseThrow(RuntimeException::new);
    if (runtime.getModels().get(0).hasErrors()) throw new IllegalStateException(runtime.getModels().get(0).getMessages().toString());
    return runtime;
  }

  @Override
  Evaluation decide(Object made, String decision) {
    DMNRuntime runtime = (DMNRuntime) made;
    DMNModel model = runtime.getModels().get(0);
    return inputs -> {
      DMNContext context = runtime.newContext();
      inputs.forEach(context::set);
      return runtime.evaluateByName(model, context, decision).getDecisionResultByName(decision).getResult();
    };
  }

  public static void main(String[] arguments) throws Exception {
    new Kie().run(arguments);
  }
}
