package io.fwtrail.tracer.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Loss;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The schema takes what is written, all of it is in use, and it takes nothing else. */
class RecordSchemaTest {
  /** Of no trail, but of what the command writes; its tests hold that against the schema. */
  private static final List<String> OF_THE_COMMAND =
      List.of("summary", "hits", "talkers", "top", "listedRule");

  private static String trail() {
    return new String(TrailReaderTest.written(TrailReaderTest.full()), StandardCharsets.UTF_8);
  }

  private static String hop(int index) {
    return JsonMapper.shared().readTree(trail()).get("hops").get(index).toString();
  }

  @Test
  void aTrailWithAllThatATrailCanHaveIsOne() {
    assertThat(RecordSchema.faults(trail())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void lossesOfEveryCauseAreRecords(Loss.Cause cause) {
    assertThat(RecordSchema.faults(JsonRecords.lineOf(new Loss(1, cause, 1)))).isEmpty();
    assertThat(RecordSchema.faults(JsonRecords.lineOf(new Loss(1, cause, 2)))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void everyEndingIsKnown(Ending.Kind kind) {
    assertThat(RecordSchema.faults(trail().replace("rejected", kind.keyword()))).isEmpty();
  }

  @Test
  void aRecordWithoutARequiredMemberIsNone() {
    for (String type : List.of("hop", "trail", "loss")) {
      String line =
          switch (type) {
            case "hop" -> hop(0);
            case "trail" -> trail();
            default -> JsonRecords.lineOf(new Loss(1, Loss.Cause.LOG, 2));
          };
      for (JsonNode name : definition(type).get("required")) {
        ObjectNode record = (ObjectNode) JsonMapper.shared().readTree(line);
        record.remove(name.asString());
        assertThat(RecordSchema.faults(record.toString())).as(type + " " + name).isNotEmpty();
      }
    }
  }

  @Test
  void aRecordWithAMemberOfAnotherTypeIsNone() {
    for (String line : List.of(hop(0), hop(1), hop(2), trail())) {
      JsonNode whole = JsonMapper.shared().readTree(line);
      for (String name : whole.propertyNames()) {
        ObjectNode record = (ObjectNode) whole.deepCopy();
        record.putNull(name);
        assertThat(RecordSchema.faults(record.toString())).as(name + " null").isNotEmpty();
        record.put(name, 0.5);
        assertThat(RecordSchema.faults(record.toString())).as(name + " 0.5").isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"trail\":17,\"begin\" | {\"new\":1,\"trail\":17,\"begin\"",
        "\"hops\":[{ | \"hops\":[{\"new\":1,",
        "{\"number\":2 | {\"new\":1,\"number\":2",
        "\"number\":2 | \"number\":0",
        "{\"version\":6 | {\"new\":1,\"version\":6",
        "\"version\":6 | \"version\":5",
        "\"hopLimit\":64 | \"ttl\":64",
        "\"src\":\"10.0.0.1\" | \"src\":\"10.0.0.256\"",
        "\"src\":\"2001:db8::1\" | \"src\":\"2001:db8:::1\"",
        "\"offset\":1480,\"more\":true | \"offset\":1480",
        "\"family\":\"ip6\" | \"family\":\"ipx\"",
        "\"hook\":\"forward\" | \"hook\":\"FORWARD\"",
        "\"kind\":\"policy\" | \"kind\":\"rule\"",
        "\"kind\":\"rule\" | \"kind\":\"policy\"",
        "\"verdict\":\"jump\" | \"verdict\":\"drop\"",
        "\"clock\":\"kernel\" | \"clock\":\"sundial\"",
        "\"source\":\"nflog\" | \"source\":\"hearsay\"",
        "\"etherType\":34525 | \"etherType\":65536",
        "\"vlan\":10 | \"vlan\":4096",
        "\"macSrc\":\"ff:ff | \"macSrc\":\"FF:FF",
        "\"mark\":4294967295 | \"mark\":4294967296",
        "\"begin\":\"2026-11-23T08:33:27.892027123Z\" | \"begin\":\"2026-11-23T08:33:27Z\"",
        "\"begin\":\"2026-11-23T08 | \"begin\":\"2026-13-23T08",
        "\"complete\":false | \"complete\":true",
        "\"field\":\"dst\" | \"field\":\"dport\"",
        "\"hints\":[ | \"hints\":[7,",
        "\"status\":[\"dst-nat\"] | \"status\":[\"nat\"]",
        "\"state\":\"new\" | \"state\":\"newish\"",
        "\"zone\":4 | \"zone\":-4",
      })
  void aTrailWithAValueThatCannotBeIsNone(String was, String becomes) {
    String line = trail();
    assertThat(line).contains(was);
    assertThat(RecordSchema.faults(line.replace(was, becomes))).isNotEmpty();
  }

  private static JsonNode definition(String name) {
    return RecordSchema.TEXT.get("$defs").get(name);
  }

  @Test
  void everyMemberIsInARecordThatATestWrites() {
    Map<String, Set<String>> unseen = new TreeMap<>();
    for (String name : RecordSchema.TEXT.get("$defs").propertyNames()) {
      if (!OF_THE_COMMAND.contains(name)) {
        unseen.put(name, new TreeSet<>(definition(name).path("properties").propertyNames()));
      }
    }
    for (String line : List.of(trail(), JsonRecords.lineOf(new Loss(1, Loss.Cause.LOG, 2)))) {
      JsonNode record = JsonMapper.shared().readTree(line);
      see(record.has("hops") ? "trail" : "loss", record, unseen);
    }
    unseen.values().removeIf(Set::isEmpty);
    assertThat(unseen).isEmpty();
  }

  private static void see(String type, JsonNode record, Map<String, Set<String>> unseen) {
    see(type, definition(type), record, unseen);
  }

  private static void see(
      String type, JsonNode schema, JsonNode value, Map<String, Set<String>> unseen) {
    if (schema.has("$ref")) {
      see(schema.get("$ref").asString().substring("#/$defs/".length()), value, unseen);
    } else if (value.isArray() && schema.has("items")) {
      value.forEach(item -> see(type, schema.get("items"), item, unseen));
    } else if (value.isObject()) {
      for (String name : value.propertyNames()) {
        unseen.get(type).remove(name);
        see(type, schema.get("properties").get(name), value.get(name), unseen);
      }
    }
  }

  @Test
  void everyMemberIsDescribed() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "hop-record.md"));
    for (String name : RecordSchema.TEXT.get("$defs").propertyNames()) {
      for (String member : definition(name).path("properties").propertyNames()) {
        assertThat(page).as(name + " " + member).containsPattern("[`.\"]" + member + "[`\"]");
      }
    }
  }
}
