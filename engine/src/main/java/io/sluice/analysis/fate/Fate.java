package io.sluice.analysis.fate;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What becomes of a packet. Equal fates are equal objects. */
public sealed interface Fate {

  /**
   * It ends so, for certain.
   *
   * @param verdict ACCEPT, DROP, or the target with its options
   * @param told of a connection: who hears of it that its first packet does not pass
   * @param deeds what other targets do to it or on its account, in order: SET, TEE, CONNMARK and so on
   * @param written where it goes and what is rewritten
   */
  record End(String verdict, Told told, List<String> deeds, List<Written> written) implements Fate {
    public End {
      deeds = List.copyOf(deeds);
      written = List.copyOf(written);
    }

    /** Of what nobody else than the sender is told. */
    public End(String verdict, List<String> deeds, List<Written> written) {
      this(verdict, Told.SENDER, deeds, written);
    }

    /** The same end with other deeds, elsewhere. */
    public End with(List<String> otherDeeds, List<Written> otherWritten) {
      return new End(verdict, told, otherDeeds, otherWritten);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(verdict).append(told);
      written.forEach(w -> text.append(", ").append(w));
      deeds.forEach(d -> text.append(", ").append(d));
      return text.toString();
    }
  }

  /** One of two, by a question that time, chance or history answers. */
  record Choice(String question, Fate yes, Fate no) implements Fate {
    /** Nothing is asked where both are the same for certain. */
    static Fate of(String question, Fate yes, Fate no) {
      return yes.equals(no) && !no.isUndecided() ? no : new Choice(question, yes, no);
    }

    @Override
    public String toString() {
      return yes + " if " + question + ", else " + no;
    }
  }

  /** It could not be found out. */
  record Undecided(String why) implements Fate {
    @Override
    public String toString() {
      return "undecided: " + why;
    }
  }

  /** What it comes to, whatever the answers to the questions are. */
  default Stream<Fate> outcomes() {
    return this instanceof Choice choice ? Stream.concat(choice.yes().outcomes(), choice.no().outcomes()) : Stream.of(this);
  }

  /** The interfaces by which packets go, whatever the answers to the questions are. */
  default Exits exits() {
    return new Exits(devices(false), devices(true));
  }

  private Set<String> devices(boolean ofAnswers) {
    return outcomes().flatMap(outcome -> outcome instanceof End end ? end.written().stream() : Stream.of())
        .filter(written -> written.aboutAnswer() == ofAnswers).flatMap(written -> written.devices().stream()).collect(Collectors.toSet());
  }

  /** The same for packets of which each goes by one of these interfaces. */
  default Fate by(Exits exits) {
    return this instanceof Choice choice ? new Choice(choice.question(), choice.yes().by(exits), choice.no().by(exits))
        : this instanceof End end ? end.with(end.deeds(), end.written().stream().map(written -> written.by(exits)).toList())
        : this;
  }

  /** Whether some part of it could not be found out. */
  default boolean isUndecided() {
    return this instanceof Undecided
        || this instanceof Choice choice && (choice.yes().isUndecided() || choice.no().isUndecided());
  }

  /** Whether a question has these words. */
  default boolean asks(String words) {
    return this instanceof Choice choice
        && (choice.question().contains(words) || choice.yes().asks(words) || choice.no().asks(words));
  }

  /** Whether it is one fate whatever time it is and whatever came before. */
  default boolean isCertain() {
    return this instanceof End;
  }
}
