package io.fwtrail.netlink.lab;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Says that a test changes the namespaces that its JVM is in, so that it runs only where those are
 * its own: the property {@code fwtrail.kernel-tests} tells. It is skipped with the reason
 * elsewhere.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(NeedsKernel.Condition.class)
public @interface NeedsKernel {
  /** Decides by the property. */
  final class Condition implements ExecutionCondition {
    static final String PROPERTY = "fwtrail.kernel-tests";

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return evaluate(System.getProperty(PROPERTY));
    }

    static ConditionEvaluationResult evaluate(String property) {
      if (property == null) {
        return ConditionEvaluationResult.disabled(
            "kernel tests need namespaces of their own: run them with mvn verify or bin/verify");
      }
      if (property.startsWith("no")) {
        return ConditionEvaluationResult.disabled("no namespaces for kernel tests: " + property);
      }
      return ConditionEvaluationResult.enabled("in namespaces of its own");
    }
  }
}
