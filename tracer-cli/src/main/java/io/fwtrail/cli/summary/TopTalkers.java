package io.fwtrail.cli.summary;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the most frequent of very many values in little memory: the Space-Saving algorithm
 * (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
 * Streams, 2005). A value that is new when all places are taken gets the place and the count of the
 * rarest; that count is its error. What was seen more often than the total divided by the number of
 * places is never missing.
 *
 * <p>Not for use by several threads.
 *
 * @param <K> the values
 */
final class TopTalkers<K> {
  private final int capacity;
  private final Map<K, Counter<K>> counters = new HashMap<>();

  /** A binary heap with the rarest first. */
  private final List<Counter<K>> heap = new ArrayList<>();

  private static final class Counter<K> {
    K key;
    long count;
    long error;
    int index;

    Counter(K key) {
      this.key = key;
    }
  }

  /**
   * A value and how often it was seen.
   *
   * @param atLeast it was seen so often, or more often
   * @param atMost it was not seen more often
   */
  record Top<K>(K key, long atLeast, long atMost) {}

  /**
   * Makes an empty one.
   *
   * @param capacity how many values are counted at once, from 1
   */
  TopTalkers(int capacity) {
    this.capacity = capacity;
  }

  void add(K key) {
    Counter<K> counter = counters.get(key);
    if (counter == null) {
      if (heap.size() < capacity) {
        counter = new Counter<>(key);
        counter.index = heap.size();
        heap.add(counter);
        up(counter);
      } else {
        counter = heap.get(0);
        counters.remove(counter.key);
        counter.key = key;
        counter.error = counter.count;
      }
      counters.put(key, counter);
    }
    counter.count++;
    down(counter);
  }

  /** The most frequent, those first that were seen most often for certain. */
  List<Top<K>> top(int most) {
    return heap.stream()
        .map(counter -> new Top<>(counter.key, counter.count - counter.error, counter.count))
        .sorted(
            Comparator.<Top<K>>comparingLong(Top::atLeast)
                .reversed()
                .thenComparing(top -> top.key().toString()))
        .limit(most)
        .toList();
  }

  private void up(Counter<K> counter) {
    while (counter.index > 0) {
      Counter<K> parent = heap.get((counter.index - 1) / 2);
      if (parent.count <= counter.count) {
        return;
      }
      swap(parent, counter);
    }
  }

  private void down(Counter<K> counter) {
    while (true) {
      int child = 2 * counter.index + 1;
      if (child >= heap.size()) {
        return;
      }
      if (child + 1 < heap.size() && heap.get(child + 1).count < heap.get(child).count) {
        child++;
      }
      if (heap.get(child).count >= counter.count) {
        return;
      }
      swap(counter, heap.get(child));
    }
  }

  private void swap(Counter<K> a, Counter<K> b) {
    int index = a.index;
    a.index = b.index;
    b.index = index;
    heap.set(a.index, a);
    heap.set(b.index, b);
  }
}
