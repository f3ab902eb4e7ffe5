package io.sluice.analysis.lint;

/** What there is to find. The codes stay what they are from version to version. */
public enum Code {
  /** One rule takes all packets of a later one. */
  SHADOWED_BY_ONE("SL101", "shadowed by one rule"),
  /** Several rules together take all packets of a later one; none of them alone does. */
  SHADOWED_BY_UNION("SL102", "shadowed by several rules together"),
  /** A rule whose own conditions exclude each other. */
  CONTRADICTORY("SL103", "contradicts itself"),
  /** A rule whose conditions exclude those of the rules that lead to its chain. */
  CONTRADICTS_CALLERS("SL104", "contradicts the rules that lead to its chain"),
  /** A rule for packets that never come to its hook: interfaces, addresses, states that are not there. */
  WRONG_PLACE("SL105", "no such packet comes here"),
  /** An ESTABLISHED or RELATED rule of connections that no rule lets begin. */
  NOTHING_OPENED("SL106", "no connection begins that this rule could keep alive"),
  /** A user chain that no rule names. */
  CHAIN_NOT_CALLED("SL107", "chain is never called"),
  /** A user chain that is named by rules only to which no packet gets. */
  CHAIN_NOT_REACHED("SL108", "chain is called only by rules that never match"),
  /** A set that no rule asks, or only such rules as no packet gets to. */
  SET_NOT_CONSULTED("SL109", "set is never consulted"),
  /** An entry of a set for which no packet gets to a rule that asks the set. */
  ENTRY_NOT_CONSULTED("SL110", "entry of a set is never consulted"),
  /** A rule that whole packets never match: later fragments or headers cut short only. */
  ONLY_IRREGULAR("SL111", "matches only fragments and packets that are cut short"),
  /** A rule whose packets other tables or hooks drop or keep from being tracked before they come to its own, or what they let through earlier rules take. */
  DROPPED_EARLIER("SL112", "its packets are dropped, or not tracked, before they come to its table"),
  /** A rule that asks for marks which rules before it in its table leave no packet that would match. */
  CHANGED_BEFORE("SL113", "rules before it change what it asks for in all its packets, or take them"),
  /** A rule for what comes in by lo as frames do from outside, which only programs of the host can put there. */
  ONLY_CRAFTED("SL114", "matches only frames that a program puts on lo itself"),
  /** A rule without which every packet whose headers are not cut short would have the same verdict. */
  REDUNDANT("SL201", "redundant: every packet with whole headers has the same verdict without it"),
  /** Two rules that overlap and decide differently: their order decides. */
  ORDER_MATTERS("SL202", "overlaps a rule that decides otherwise; their order matters"),
  /** A rule that packets can get to and none has, says its counter. */
  UNUSED("SL203", "unused so far"),
  /** An ESTABLISHED or RELATED rule that lives through connections opened from the other side only. */
  ONE_SIDED("SL204", "lives only through connections opened from the other side"),
  /** A rule that asks for a mark which is not among those that rules set. */
  MARK_NEVER_SET("SL205", "no rule sets the mark that it asks for"),
  /** A rule that asks for a list of recent which is filled by none. */
  LIST_NEVER_FILLED("SL206", "no rule fills the list that it asks for"),
  /** A translated port to which no new packet is let through. */
  PUBLISHED_UNREACHABLE("SL301", "published but unreachable"),
  /** A translated port that can be reached although the host's own INPUT would not let the packet in. */
  BYPASSES_INPUT("SL302", "reachable although INPUT says no"),
  /** A rule, or FORWARD's policy, by which containers are got to under their own addresses, at ports to which INPUT would let nobody. */
  ROUTED_PAST_INPUT("SL303", "reachable without being published, although INPUT says no");

  private final String id;
  private final String title;

  Code(String id, String title) {
    this.id = id;
    this.title = title;
  }

  /** {@code SL101} and so on. */
  public String id() {
    return id;
  }

  /** What it means, in a few words. */
  public String title() {
    return title;
  }
}
