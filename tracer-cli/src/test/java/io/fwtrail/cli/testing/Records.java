package io.fwtrail.cli.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.fwtrail.tracer.json.JsonRecords;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what fwtrail writes as JSON, and holds it against the schema. */
public final class Records {
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(JsonRecords.class.getResourceAsStream("record.schema.json"));

  private Records() {}

  /** The record of a line. */
  public static JsonNode read(String line) {
    JsonNode record = JsonMapper.shared().readTree(line);
    assertThat(
            SCHEMA.validate(
                record,
                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true))))
        .as(line)
        .isEmpty();
    return record;
  }
}
