package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What becomes of packets from some rule of a base chain on, whatever was done to them before. Told what that was, the last of it
 * first, and with which marks they set out, it is a {@link Fate}.
 *
 * <pre>
 *   -j MARK --set-mark 1    ACCEPT, mark 0x1/0xffffffff    for packets that set out with mark 1: ACCEPT
 *   -j TTL --ttl-set 64     ACCEPT, TTL --ttl-set 64    for packets that set out with that TTL: ACCEPT
 *   -j CONNMARK --save-mark ACCEPT, connmark as mark/0xffffffff    behind a --set-mark 1: connmark 0x1/0xffffffff
 *   -j ACCEPT               ACCEPT
 * </pre>
 */
sealed interface Prospect {
  /** Beyond so many ends, by chance, a fate is undecided. */
  int MAX_ENDS = 1_000;

  /** What is not known. */
  Term UNKNOWN = new Term.Unknown(ValueSet.none());

  /**
   * What was last written on axes of marks.
   *
   * @param written by axis, as it comes from the packet before what is told of next
   * @param seen the axes that are looked at; empty for all
   */
  record Marks(Map<Axis, Term> written, Optional<Set<Axis>> seen) {
    static final Marks NONE = new Marks(Map.of(), Optional.empty());

    public Marks {
      written = Map.copyOf(written);
    }

    /** Nothing was written yet, and these alone are looked at. */
    static Marks seen(Set<Axis> axes) {
      return new Marks(Map.of(), Optional.of(axes));
    }

    Marks after(Axis axis, Term value) {
      Map<Axis, Term> all = new HashMap<>(written);
      all.replaceAll((other, old) -> old.equals(origin(axis)) ? value : old);
      if (seen.filter(axes -> !axes.contains(axis)).isEmpty()) {
        all.putIfAbsent(axis, value);
      }
      all.entrySet().removeIf(one -> one.getValue().equals(origin(one.getKey())));
      return new Marks(all, seen);
    }

    Marks over(Axis axis, long value) {
      if (!new Term.Constant(0, value).equals(written.get(axis))) {
        return this;
      }
      Map<Axis, Term> less = new HashMap<>(written);
      less.remove(axis);
      return new Marks(less, seen);
    }

    List<String> words(Space space) {
      return WrittenMarks.words(space, axis -> written.getOrDefault(axis, UNKNOWN));
    }

    private static Term origin(Axis axis) {
      return new Term.Origin(axis, 0, 0);
    }
  }

  /**
   * Packets that have already what is written over a TTL or a TOS: it makes no difference to them.
   *
   * @param values on the axis, before what is told of next
   */
  record Kept(Axis axis, ValueSet values) {}

  /**
   * @param marks those that it looks at
   * @param kept to which packets it does nothing; empty where there are none, or they are not known
   */
  record Doing(Deed deed, Marks marks, Optional<Kept> kept) {
    /** One that looks at no mark. */
    Doing(Deed deed) {
      this(deed, Marks.seen(Set.of()), Optional.empty());
    }

    Doing with(UnaryOperator<Marks> change) {
      return new Doing(deed, change.apply(marks), kept);
    }

    Doing after(Axis axis, UnaryOperator<ValueSet> before) {
      return kept.filter(known -> known.axis().equals(axis)).isEmpty() ? this
          : new Doing(deed, marks, kept.map(known -> new Kept(axis, before.apply(known.values()))).filter(known -> !known.values().isEmpty()));
    }

    String words(Space space) {
      List<String> seen = marks.words(space);
      return seen.isEmpty() ? deed.words() : deed.words() + " with " + String.join(", ", seen);
    }
  }

  /** @param behind what was done before, if that makes it a question; empty for one about packets as they set out */
  record Question(String words, Optional<List<Doing>> behind) {
    Question with(UnaryOperator<List<Doing>> change) {
      return behind.isEmpty() ? this : new Question(words, behind.map(change));
    }

    String text(Space space) {
      return behind.isEmpty() || behind.get().isEmpty() ? words
          : words + " after " + String.join(", ", behind.get().stream().map(doing -> doing.words(space)).toList());
    }
  }

  /** It ends so. */
  record End(String verdict, List<Doing> doings, Marks marks) implements Prospect {
    private boolean hides(Deed deed) {
      return doings.isEmpty() && verdict.equals("DROP") && deed.reach().compareTo(Deed.Reach.CONNECTION) < 0;
    }

    private End with(UnaryOperator<Marks> change) {
      return new End(verdict, doings, change.apply(marks));
    }
  }

  /** One of two, by a question that time, chance or history answers. */
  record Choice(Question question, Prospect yes, Prospect no) implements Prospect {}

  /** There are too many ends. */
  record Undecided(String why) implements Prospect {}

  /** Of a packet that is no more its connection's mark is left, if there is a connection. */
  static Prospect end(String verdict, Space space) {
    return new End(verdict, List.of(),
        ChainProbe.isGone(verdict) ? Marks.seen(Set.copyOf(space.markAxes(Field.CONNMARK))) : Marks.NONE);
  }

  /** Which of the two it is makes no difference where they are alike. */
  static Prospect choice(Question question, Prospect yes, Prospect no) {
    if (yes.equals(no) && !no.isUndecided()) {
      return no;
    }
    return yes.endCount() + no.endCount() > MAX_ENDS ? new Undecided("more than " + MAX_ENDS + " ends, by chance")
        : new Choice(question, yes, no);
  }

  /** Of packets on whose account something was done before. */
  default Prospect after(Doing doing) {
    return map(question -> question.with(doings -> before(doing, doings)),
        end -> end.hides(doing.deed()) ? end : new End(end.verdict(), before(doing, end.doings()), end.marks()));
  }

  private static List<Doing> before(Doing doing, List<Doing> doings) {
    List<Doing> all = new ArrayList<>(List.of(doing));
    all.addAll(doings);
    return List.copyOf(all);
  }

  /** Of packets that got this value before. */
  default Prospect after(Axis mark, Term value) {
    return withMarks(marks -> marks.after(mark, value));
  }

  /** Of packets that set out with the value: writing it over itself makes no difference. */
  default Prospect over(Axis mark, long value) {
    return withMarks(marks -> marks.over(mark, value));
  }

  private Prospect withMarks(UnaryOperator<Marks> change) {
    return withDoings(doings -> doings.stream().map(doing -> doing.with(change)).toList()).map(question -> question, end -> end.with(change));
  }

  /** Of packets whose TTL or TOS became another before. */
  default Prospect after(OctetChange change) {
    return after(change.axis(), change::before);
  }

  /** Of packets of whose value on the axis nothing was known before. */
  default Prospect forgetting(Axis axis) {
    return after(axis, values -> ValueSet.none());
  }

  private Prospect after(Axis axis, UnaryOperator<ValueSet> before) {
    return withDoings(doings -> doings.stream().map(doing -> doing.after(axis, before)).toList());
  }

  /** Of packets that have what was written already: it makes no difference. */
  default Prospect over(Kept kept) {
    return withDoings(doings -> doings.stream().filter(doing -> !doing.kept().equals(Optional.of(kept))).toList());
  }

  private Prospect withDoings(UnaryOperator<List<Doing>> change) {
    return map(question -> question.with(change), end -> new End(end.verdict(), change.apply(end.doings()), end.marks()));
  }

  private Prospect map(UnaryOperator<Question> questions, UnaryOperator<End> ends) {
    return this instanceof Choice choice
        ? choice(questions.apply(choice.question()), choice.yes().map(questions, ends), choice.no().map(questions, ends))
        : this instanceof End end ? ends.apply(end) : this;
  }

  /** What marks are written, in all that may come of it. */
  default Stream<Marks> everyMarks() {
    return Stream.concat(everyDoing().map(Doing::marks), ends().map(End::marks));
  }

  /** What is done, in all that may come of it. */
  default Stream<Doing> everyDoing() {
    return this instanceof Choice choice
        ? Stream.of(choice.question().behind().orElse(List.of()).stream(), choice.yes().everyDoing(), choice.no().everyDoing())
            .flatMap(all -> all)
        : this instanceof End end ? end.doings().stream() : Stream.of();
  }

  private Stream<End> ends() {
    return this instanceof Choice choice ? Stream.concat(choice.yes().ends(), choice.no().ends())
        : this instanceof End end ? Stream.of(end) : Stream.of();
  }

  /** The fate of packets that set out, with values of which none was written {@link #over}. */
  default Fate fate(Space space) {
    return this instanceof Choice choice
        ? Fate.Choice.of(choice.question().text(space), choice.yes().fate(space), choice.no().fate(space))
        : this instanceof End end ? new Fate.End(end.verdict(), end.doings().stream().map(doing -> doing.words(space)).toList(),
            end.marks().words(space).stream().map(Written::new).toList())
        : new Fate.Undecided(((Undecided) this).why());
  }

  private int endCount() {
    return this instanceof Choice choice ? choice.yes().endCount() + choice.no().endCount() : 1;
  }

  private boolean isUndecided() {
    return this instanceof Undecided || this instanceof Choice choice && (choice.yes().isUndecided() || choice.no().isUndecided());
  }
}
