package io.fwtrail.cli.output;

/** The forms of output. */
public enum OutputForm {
  /** Trails to read. */
  TEXT("text"),
  /** A line a hop, at once. */
  HOPS("hops"),
  /** A trail a line, as JSON. */
  JSON("json"),
  /** A hop a line, as JSON, at once. */
  JSON_HOPS("json-hops"),
  /** A trail as sentences. */
  EXPLAIN("explain");

  private final String keyword;

  OutputForm(String keyword) {
    this.keyword = keyword;
  }

  /** Makes the printer of this form. */
  public Printer printer(OutputQueue queue, boolean colour) {
    return switch (this) {
      case TEXT -> new TextPrinter(queue, new Style(colour));
      case HOPS -> new HopPrinter(queue, new Style(colour));
      case JSON -> new JsonPrinter(queue, false);
      case JSON_HOPS -> new JsonPrinter(queue, true);
      case EXPLAIN -> new SentencePrinter(queue);
    };
  }

  /** Whether it shows trails, not only their hops. */
  public boolean showsTrails() {
    return this != HOPS && this != JSON_HOPS;
  }

  /** The word on the command line. */
  @Override
  public String toString() {
    return keyword;
  }
}
