package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.net.CtState;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.List;
import java.util.Optional;

/** Probes that have a connection's packets wrong in one way each. */
public enum FlawedTurns {
  NONE,
  /** The answer goes from the one who asked to the one who was asked. */
  ANSWER_NOT_TURNED,
  PORTS_NOT_TURNED,
  ANSWER_NOT_TRANSLATED_BACK,
  LATER_NOT_TRANSLATED,
  ANSWER_IS_NEW,
  LATER_IS_NEW,
  /** Nobody remembers that the connection is translated. */
  TRANSLATION_NOT_IN_STATE,
  ANSWER_LOSES_MARK,
  LATER_LOSES_MARK,
  /** What the answer made of the connection's mark is forgotten. */
  ANSWER_LEAVES_MARK,
  ANSWER_HAS_FLAGS_OF_FIRST,
  LATER_HAS_FLAGS_OF_FIRST,
  ECHO_ANSWERED_BY_REQUEST,
  /** FIN and RST are taken for what came before them. */
  SEQUEL_HAS_NO_FLAGS_OF_ITS_OWN,
  ERROR_IS_ESTABLISHED,
  ERROR_NOT_TRANSLATED,
  /** Errors are taken to come from the one to whom the packet went. */
  ERROR_FROM_THE_OTHER_END,
  /** Errors from elsewhere are taken to come in where the first packet did. */
  STRAY_BY_THE_OPENERS_INTERFACE,
  REDIRECT_TRANSLATED,
  ERROR_LOSES_MARK;

  public ConnectionProbe probe(Space space, Host host, ConnectionProbe.Extent extent, Optional<Sequel> sequel) {
    return new ConnectionProbe(space, host, extent, sequel, Flawed::new);
  }

  private final class Flawed extends Turns {
    private final Space space;
    private final Seen start;

    Flawed(Space space, Point origin) {
      super(space, origin);
      this.space = space;
      this.start = Seen.start(origin, space.axes().size());
    }

    @Override
    long state(boolean reply, Seen passed) {
      if (is(reply ? ANSWER_IS_NEW : LATER_IS_NEW)) {
        return CtState.NEW | super.state(reply, passed) & ~CtState.STATE_MASK;
      }
      return is(TRANSLATION_NOT_IN_STATE) ? CtState.ESTABLISHED : super.state(reply, passed);
    }

    @Override
    Seen answer(Seen passed) {
      Seen answer = super.answer(passed);
      if (is(ANSWER_NOT_TURNED)) {
        answer = same(answer, passed, Field.SOURCE, Field.DESTINATION);
      }
      if (is(PORTS_NOT_TURNED)) {
        answer = same(answer, passed, Field.SOURCE_PORT, Field.DESTINATION_PORT);
      }
      if (is(ANSWER_HAS_FLAGS_OF_FIRST)) {
        answer = same(answer, passed, Field.TCP_FLAGS);
      }
      if (is(ECHO_ANSWERED_BY_REQUEST)) {
        answer = same(answer, passed, Field.ICMP_TYPE_CODE);
      }
      return is(ANSWER_LOSES_MARK) ? unmarked(answer) : answer;
    }

    @Override
    Seen later(Seen first, Seen answered) {
      Seen later = super.later(first, is(ANSWER_LEAVES_MARK) ? start : answered);
      if (is(LATER_HAS_FLAGS_OF_FIRST)) {
        later = same(later, first, Field.TCP_FLAGS);
      }
      return is(LATER_LOSES_MARK) ? unmarked(later) : later;
    }

    @Override
    Seen translated(Hook hook, Seen seen, boolean reply, Seen passed) {
      return is(reply ? ANSWER_NOT_TRANSLATED_BACK : LATER_NOT_TRANSLATED) ? seen : super.translated(hook, seen, reply, passed);
    }

    @Override
    Seen sequel(Seen first, Seen last) {
      Seen sequel = super.sequel(first, last);
      return is(SEQUEL_HAS_NO_FLAGS_OF_ITS_OWN) ? same(sequel, last, Field.TCP_FLAGS) : sequel;
    }

    @Override
    Seen error(Seen about) {
      Seen error = super.error(about);
      if (is(ERROR_FROM_THE_OTHER_END)) {
        error = like(error, space.axis(Field.SOURCE), space.axis(Field.DESTINATION), about);
      }
      return is(ERROR_LOSES_MARK) ? unmarked(error) : error;
    }

    @Override
    Seen stray(Seen error) {
      return is(STRAY_BY_THE_OPENERS_INTERFACE) ? error : super.stray(error);
    }

    @Override
    boolean isTranslated(Seen passed) {
      return !is(REDIRECT_TRANSLATED) && super.isTranslated(passed);
    }

    @Override
    long errorState(Seen passed) {
      return is(ERROR_IS_ESTABLISHED) ? state(true, passed) : super.errorState(passed);
    }

    @Override
    Seen translatedError(Hook hook, Seen seen, boolean reply, Seen passed) {
      return is(ERROR_NOT_TRANSLATED) ? seen : super.translatedError(hook, seen, reply, passed);
    }

    private boolean is(FlawedTurns flaw) {
      return FlawedTurns.this == flaw;
    }

    private Seen same(Seen seen, Seen other, Field... fields) {
      Seen changed = seen;
      for (Field field : fields) {
        changed = like(changed, space.axis(field), space.axis(field), other);
      }
      return changed;
    }

    private Seen unmarked(Seen seen) {
      Seen changed = seen;
      for (Axis axis : List.copyOf(space.markAxes(Field.CONNMARK))) {
        changed = like(changed, axis, axis, start);
      }
      return changed;
    }
  }
}
