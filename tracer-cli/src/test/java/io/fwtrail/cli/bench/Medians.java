package io.fwtrail.cli.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** Medians. */
final class Medians {
  private Medians() {}

  /** Of those numbers; the mean of the two in the middle of an even count. NaN of none. */
  static double of(List<Double> values) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Of what is read from each. */
  static <T> double of(List<T> values, ToDoubleFunction<T> what) {
    return of(values.stream().mapToDouble(what).boxed().toList());
  }
}
