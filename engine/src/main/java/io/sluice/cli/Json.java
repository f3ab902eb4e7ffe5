package io.sluice.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.StepRun;
import io.sluice.analysis.witness.Witness;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.CtStatus;
import io.sluice.host.NetDevice;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.PacketText;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Worlds;
import io.sluice.text.ConntrackWriter;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.io.IOException;
import java.io.Writer;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** The JSON that the commands print: one object a line. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** A generator of one object a line; closing it leaves {@code out} open. */
  static JsonGenerator lines(Writer out) throws IOException {
    JsonGenerator json = FACTORY.createGenerator(out);
    json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
    return json;
  }

  /** The fields of an outcome, within an object that the caller has begun. */
  static void outcome(JsonGenerator json, Outcome outcome) throws IOException {
    json.writeStringField("verdict", verdict(outcome.fate()));
    string(json, "out", outcome.out().map(NetDevice::name).orElse(null));
    hex(json, outcome.packets());
    string(json, "hook", outcome.hook().map(Enum::name).orElse(null));
    decision(json, outcome);
    if (!outcome.reason().isEmpty()) {
      json.writeStringField("reason", outcome.reason());
    }
    string(json, "ctstate", outcome.ctInfo().map(CtInfo::ctstate).orElse(null));
    if (outcome.connection().isPresent()) {
      connection(json, outcome.connection().get());
    } else {
      json.writeNullField("ct");
    }
    json.writeArrayFieldStart("emitted");
    emitted(json, outcome);
    json.writeEndArray();
    strings(json, "conditions", outcome.conditions());
  }

  /** The ways that a packet may go: the first one's fields as {@link #outcome} writes them, the others beside it. */
  static void ways(JsonGenerator json, List<Worlds.Way> ways) throws IOException {
    outcome(json, ways.get(0).outcome());
    strings(json, "assumptions", ways.get(0).assumptions());
    if (ways.size() > 1) {
      json.writeArrayFieldStart("alternatives");
      for (Worlds.Way way : ways.subList(1, ways.size())) {
        json.writeStartObject();
        outcome(json, way.outcome());
        strings(json, "assumptions", way.assumptions());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  /** A list of texts; nothing if it is empty. */
  private static void strings(JsonGenerator json, String name, List<String> texts) throws IOException {
    if (!texts.isEmpty()) {
      json.writeArrayFieldStart(name);
      for (String text : texts) {
        json.writeString(text);
      }
      json.writeEndArray();
    }
  }

  /** The word for a fate. */
  static String verdict(Fate fate) {
    return fate.name().toLowerCase(Locale.ROOT);
  }

  private static void string(JsonGenerator json, String name, String value) throws IOException {
    if (value == null) {
      json.writeNullField(name);
    } else {
      json.writeStringField(name, value);
    }
  }

  private static void hex(JsonGenerator json, List<byte[]> packets) throws IOException {
    json.writeArrayFieldStart("hex");
    for (byte[] packet : packets) {
      json.writeString(HexFormat.of().formatHex(packet));
    }
    json.writeEndArray();
  }

  private static void decision(JsonGenerator json, Outcome outcome) throws IOException {
    if (outcome.rule().isPresent()) {
      json.writeFieldName("rule");
      rule(json, outcome.rule().get());
    } else if (outcome.policy().isPresent()) {
      LiveChain chain = outcome.policy().get();
      json.writeObjectFieldStart("rule");
      json.writeStringField("table", chain.table().name());
      json.writeStringField("chain", chain.name());
      json.writeNullField("number");
      json.writeNullField("file");
      json.writeNullField("line");
      json.writeStringField("policy", chain.base().policy().name());
      json.writeEndObject();
    } else {
      json.writeNullField("rule");
    }
  }

  /** A rule's place. */
  static void rule(JsonGenerator json, LiveRule rule) throws IOException {
    json.writeStartObject();
    json.writeStringField("table", rule.chain().table().name());
    json.writeStringField("chain", rule.chain().name());
    json.writeNumberField("number", rule.number());
    json.writeStringField("file", rule.rule().location().file());
    json.writeNumberField("line", rule.rule().location().line());
    json.writeEndObject();
  }

  /** A witness as a field of an object that the caller has begun: its packets, and a command that plays it. */
  static void witness(JsonGenerator json, Witness witness, String host) throws IOException {
    json.writeObjectFieldStart("witness");
    json.writeArrayFieldStart("packets");
    for (StepRun run : StepRun.of(witness.steps())) {
      Step step = run.step();
      json.writeStartObject();
      times(json, run);
      json.writeStringField("in", step.place());
      json.writeNumberField("mark", step.mark() & 0xffff_ffffL);
      json.writeNumberField("pause_nanos", step.pauseNanos());
      frame(json, step);
      json.writeStringField("hex", step.hex());
      json.writeStringField("text", PacketText.describe(step.packet()));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("command", witness.command(host));
    json.writeEndObject();
  }

  /** How many times a packet of a witness comes, where that is more than once. */
  static void times(JsonGenerator json, StepRun run) throws IOException {
    if (run.count() > 1) {
      json.writeNumberField("times", run.count());
    }
  }

  /** The frame that a packet of a witness comes in, if it comes in one, as two fields. */
  static void frame(JsonGenerator json, Step step) throws IOException {
    if (step.frame().isPresent()) {
      json.writeStringField("mac_from", EthernetHeader.text(step.frame().get().source()));
      json.writeStringField("mac_to", EthernetHeader.text(step.frame().get().destination()));
    }
  }

  private static void connection(JsonGenerator json, Connection connection) throws IOException {
    json.writeObjectFieldStart("ct");
    int protocol = connection.original().protocol();
    json.writeNumberField("proto", protocol);
    json.writeStringField("orig", ConntrackWriter.tuple(connection.original()));
    json.writeStringField("reply", ConntrackWriter.tuple(connection.reply()));
    json.writeArrayFieldStart("status");
    status(json, connection, CtStatus.EXPECTED, "EXPECTED");
    status(json, connection, CtStatus.SEEN_REPLY, "SEEN_REPLY");
    status(json, connection, CtStatus.ASSURED, "ASSURED");
    status(json, connection, CtStatus.CONFIRMED, "CONFIRMED");
    status(json, connection, CtStatus.SRC_NAT, "SRC_NAT");
    status(json, connection, CtStatus.DST_NAT, "DST_NAT");
    json.writeEndArray();
    string(json, "tcp_state", protocol == Protocols.TCP ? connection.stateWord() : null);
    json.writeNumberField("mark", connection.mark() & 0xffff_ffffL);
    json.writeEndObject();
  }

  private static void status(JsonGenerator json, Connection connection, int bit, String word) throws IOException {
    if (connection.has(bit)) {
      json.writeString(word);
    }
  }

  /** What left or reached the host itself of the answers, and of the answers to those. */
  private static void emitted(JsonGenerator json, Outcome outcome) throws IOException {
    for (Outcome answer : outcome.answers()) {
      if (answer.fate().arrived()) {
        for (byte[] packet : answer.packets()) {
          json.writeStartObject();
          json.writeStringField("out", answer.out().orElseThrow().name());
          json.writeStringField("hex", HexFormat.of().formatHex(packet));
          json.writeEndObject();
        }
      }
      emitted(json, answer);
    }
  }
}
