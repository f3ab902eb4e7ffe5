package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m time} with {@code --datestart --datestop --timestart --timestop --monthdays --weekdays --contiguous --kerneltz}:
 * the time of the virtual clock.
 *
 * <p>Kernel: time_mt() in net/netfilter/xt_time.c. iptables: extensions/libxt_time.c, which prints the default of
 * {@code --datestop}, 2038-01-19T03:14:07, too. Not modelled: a kernel time zone other than UTC, for {@code --kerneltz}.
 *
 * @param dateStart seconds since 1970, inclusive
 * @param dateStop seconds since 1970, inclusive
 * @param dayStart second of the day
 * @param dayStop second of the day, inclusive; before {@code dayStart} for a span over midnight
 * @param monthDays bit 1..31
 * @param weekDays bit 1 (Monday) .. 7
 */
record TimeMatch(
    long dateStart, long dateStop, int dayStart, int dayStop, int monthDays, int weekDays, boolean contiguous,
    boolean kernelZone)
    implements Match {

  private static final long MAX_DATE = Integer.MAX_VALUE;
  private static final int DAY = 86_400;
  private static final int ALL_MONTH_DAYS = 0xffff_fffe;
  private static final int ALL_WEEK_DAYS = 0xfe;
  private static final String[] WEEK_DAYS = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

  static final MatchExtension EXTENSION = new Extension("time",
      OptionSpec.value("--datestart"), OptionSpec.value("--datestop"), OptionSpec.value("--timestart"),
      OptionSpec.value("--timestop"), OptionSpec.flag("--contiguous"), OptionSpec.invertible("--weekdays"),
      OptionSpec.invertible("--monthdays"), OptionSpec.flag("--localtz"), OptionSpec.flag("--utc"),
      OptionSpec.flag("--kerneltz")) {
    @Override
    public Match parse(Options options) {
      one(options, "--utc", "--kerneltz");
      one(options, "--utc", "--localtz");
      int monthDays = options.has("--monthdays") ? monthDays(options.argument("--monthdays")) : ALL_MONTH_DAYS;
      int weekDays = options.has("--weekdays") ? weekDays(options.argument("--weekdays")) : ALL_WEEK_DAYS;
      int start = options.has("--timestart") ? timeOfDay(options.argument("--timestart")) : 0;
      int stop = options.has("--timestop") ? timeOfDay(options.argument("--timestop")) : DAY - 1;
      if (options.has("--contiguous") && start < stop) {
        throw options.uses("--contiguous").get(0).name().error("--contiguous for a span within a day",
            "expected --timestop before --timestart");
      }
      return new TimeMatch(options.has("--datestart") ? date(options.argument("--datestart")) : 0,
          options.has("--datestop") ? date(options.argument("--datestop")) : MAX_DATE, start, stop,
          options.inverted("--monthdays") ? monthDays ^ ALL_MONTH_DAYS : monthDays,
          options.inverted("--weekdays") ? weekDays ^ ALL_WEEK_DAYS : weekDays, options.has("--contiguous"),
          options.has("--kerneltz") || options.has("--localtz"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("TIME") ? Optional.of(listed(in)) : Optional.empty();
    }
  };

  private static TimeMatch listed(ListingReader in) {
    int start = 0;
    int stop = DAY - 1;
    if (in.skip("from")) {
      start = timeOfDay(in.next());
      in.skip("to");
      stop = timeOfDay(in.next());
    }
    int weekDays = ALL_WEEK_DAYS;
    int monthDays = ALL_MONTH_DAYS;
    while (in.skip("on")) {
      Argument days = in.next();
      if (!days.text().isEmpty() && Character.isDigit(days.text().charAt(0))) {
        monthDays = monthDays(new Argument(days.text().replaceAll("st|nd|rd|th", ""), days.offset()));
      } else {
        weekDays = weekDays(days);
      }
    }
    long dateStart = in.skip("starting", "from") ? listedDate(in) : 0;
    long dateStop = in.skip("until", "date") ? listedDate(in) : MAX_DATE;
    boolean utc = in.skip("UTC");
    return new TimeMatch(dateStart, dateStop, start, stop, monthDays, weekDays, in.skip("contiguous"), !utc);
  }

  private static long listedDate(ListingReader in) {
    Argument day = in.next();
    return date(new Argument(day.text() + "T" + in.next().text(), day.offset()));
  }

  /**
   * {@code YYYY[-MM[-DD[Thh[:mm[:ss]]]]]}, each read by strtoul(), so that one may be missing, which is 0; month and day 0 are
   * those before the first, and days that a month does not have run into the next, as in mktime().
   */
  private static long date(Argument argument) {
    int[] limits = {2038, 12, 31, 23, 59, 59};
    int[] parts = {1970, 1, 1, 0, 0, 0};
    int count = numbers(argument.text(), "--T::", limits, parts);
    long seconds = count < 1 || parts[0] < 1970 ? -1 : LocalDateTime.of(parts[0], 1, 1, parts[3], parts[4], parts[5])
        .plusMonths(parts[1] - 1).plusDays(parts[2] - 1).toEpochSecond(ZoneOffset.UTC);
    if (seconds < 0) {
      throw argument.error("bad date: " + argument.text(), "expected YYYY[-MM[-DD[Thh[:mm[:ss]]]]] from 1970 to 2038");
    }
    return seconds;
  }

  private static int timeOfDay(Argument argument) {
    int[] parts = {0, 0, 0};
    if (numbers(argument.text(), "::", new int[] {23, 59, 59}, parts) < 2) {
      throw argument.error("bad time: " + argument.text(), "expected hh:mm[:ss] in 00:00:00..23:59:59");
    }
    return parts[0] * 3600 + parts[1] * 60 + parts[2];
  }

  /**
   * Reads decimal numbers with one separator between any two into {@code parts}, as 32 bits.
   *
   * @return how many there are, 0 if one is above its limit or something else follows
   */
  private static int numbers(String text, String separators, int[] limits, int[] parts) {
    int at = 0;
    for (int i = 0; i < parts.length; i++) {
      CNumbers.Whole number = CNumbers.strtoul(text, at, 10);
      parts[i] = (int) number.bits();
      if (Integer.compareUnsigned(parts[i], limits[i]) > 0) {
        return 0;
      }
      if (number.end() == text.length()) {
        return i + 1;
      }
      if (i == separators.length() || text.charAt(number.end()) != separators.charAt(i)) {
        return 0;
      }
      at = number.end() + 1;
    }
    return 0;
  }

  /** Of each part iptables looks at two characters; a part that is empty is day 0, which no month has. */
  private static int monthDays(Argument argument) {
    int days = 0;
    for (Argument day : parts(argument)) {
      String text = day.text().substring(0, Math.min(2, day.text().length()));
      CNumbers.Whole number = CNumbers.strtoul(text, 0, 0);
      if (number.end() != text.length() || Integer.compareUnsigned((int) number.bits(), 31) > 0) {
        throw day.error("bad day of the month: " + day.text(), "expected 1..31");
      }
      days |= 1 << (int) number.bits();
    }
    return days;
  }

  /** Of each part iptables looks at three characters, of a name at two; of a number the kernel keeps bits 1 to 7. */
  private static int weekDays(Argument argument) {
    int days = 0;
    for (Argument day : parts(argument)) {
      String text = day.text().substring(0, Math.min(3, day.text().length()));
      CNumbers.Whole number = CNumbers.strtoul(text, 0, 0);
      int bits = 0;
      if (number.end() == text.length()) {
        bits = 1 << (int) number.bits();
      } else {
        for (int i = 1; i < WEEK_DAYS.length; i++) {
          bits |= text.length() >= 2 && WEEK_DAYS[i].startsWith(text.substring(0, 2)) ? 1 << i : 0;
        }
      }
      if (bits == 0 || number.end() == text.length() && (int) number.bits() == 0) {
        throw day.error("bad day of the week: " + day.text(), "expected Mon Tue Wed Thu Fri Sat Sun or 1..7");
      }
      days |= bits & 0xff;
    }
    return days;
  }

  /** The parts of a list; nothing after a comma at its end, and of an empty list. */
  private static List<Argument> parts(Argument list) {
    List<Argument> parts = list.split(',');
    return parts.get(parts.size() - 1).text().isEmpty() ? parts.subList(0, parts.size() - 1) : parts;
  }

  @Override
  public String name() {
    return "time";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    long now = par.net().clock().nanos() / 1_000_000_000L;
    if (now < dateStart || now > dateStop) {
      return false;
    }
    int second = (int) (now % DAY);
    if (dayStart < dayStop) {
      if (second < dayStart || second > dayStop) {
        return false;
      }
    } else {
      if (second < dayStart && second > dayStop) {
        return false;
      }
      if (contiguous && second <= dayStop) {
        now -= DAY; // the small hours belong to the day before
      }
    }
    long day = Math.floorDiv(now, DAY);
    int weekDay = (int) ((4 + day - 1) % 7 + 1); // 1970-01-01 was a Thursday
    return (weekDays >> weekDay & 1) != 0
        && (monthDays == ALL_MONTH_DAYS || (monthDays >> dayOfMonth(day) & 1) != 0);
  }

  /** The day of the month of a day counted from 1970-01-01, by the proleptic Gregorian calendar's 400-year cycle. */
  private static int dayOfMonth(long day) {
    long shifted = day + 719_468; // days since 0000-03-01
    long ofEra = Math.floorMod(shifted, 146_097L);
    long yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
    long ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long month = (5 * ofYear + 2) / 153; // from March
    return (int) (ofYear - (153 * month + 2) / 5 + 1);
  }

  @Override
  public void print(RuleWriter out) {
    if (dayStart != 0 || dayStop != DAY - 1) {
      out.option("--timestart", clock(dayStart)).option("--timestop", clock(dayStop));
    }
    if (monthDays != ALL_MONTH_DAYS) {
      out.option("--monthdays", monthDayText(false));
    }
    if (weekDays != ALL_WEEK_DAYS) {
      out.option("--weekdays", weekDayText());
    }
    if (dateStart != 0) {
      out.option("--datestart", date(dateStart, 'T'));
    }
    if (dateStop != 0) {
      out.option("--datestop", date(dateStop, 'T'));
    }
    if (kernelZone) {
      out.word("--kerneltz");
    }
    if (contiguous) {
      out.word("--contiguous");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("TIME");
    if (dayStart != 0 || dayStop != DAY - 1) {
      out.word("from " + clock(dayStart) + " to " + clock(dayStop));
    }
    if (weekDays != ALL_WEEK_DAYS) {
      out.word("on " + weekDayText());
    }
    if (monthDays != ALL_MONTH_DAYS) {
      out.word("on " + monthDayText(true));
    }
    if (dateStart != 0) {
      out.word("starting from " + date(dateStart, ' '));
    }
    if (dateStop != MAX_DATE) {
      out.word("until date " + date(dateStop, ' '));
    }
    if (!kernelZone) {
      out.word("UTC");
    }
    if (contiguous) {
      out.word("contiguous");
    }
  }

  private static String clock(int second) {
    return String.format("%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
  }

  private static String date(long seconds, char separator) {
    LocalDateTime t = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
    return String.format("%04d-%02d-%02d%c%02d:%02d:%02d", t.getYear(), t.getMonthValue(), t.getDayOfMonth(), separator,
        t.getHour(), t.getMinute(), t.getSecond());
  }

  private String weekDayText() {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < WEEK_DAYS.length; i++) {
      if ((weekDays >> i & 1) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(WEEK_DAYS[i]);
      }
    }
    return text.toString();
  }

  /** With {@code st}, {@code nd}, {@code rd} by the last digit alone, as iptables -L writes them: 11st. */
  private String monthDayText(boolean ordinal) {
    String[] endings = {"th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"};
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= 31; i++) {
      if ((monthDays >> i & 1) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(i).append(ordinal ? endings[i % 10] : "");
      }
    }
    return text.toString();
  }
}
