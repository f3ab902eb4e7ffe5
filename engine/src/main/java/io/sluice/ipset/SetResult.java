package io.sluice.ipset;

/** What became of a command on a set: done, or why not (IPSET_ERR_ of include/uapi/linux/netfilter/ipset/ip_set.h). */
public enum SetResult {
  OK(""),
  EXISTS("the element is in the set already"),
  MISSING("the element is not in the set"),
  FULL("the set is full: maxelem is reached"),
  NULL_ELEMENT("a null-valued element cannot be stored in a hash"),
  INVALID_CIDR("the prefix length is not one that this type of set takes"),
  OUT_OF_RANGE("the element is outside the range of the set"),
  RANGE_TOO_LARGE("the range is all addresses"),
  NO_SUCH_SET("there is no such set"),
  NESTED_LIST("a list:set cannot be an element of a list:set"),
  NO_REFERENCE("the reference element is not in the set, or does not stand there"),
  NO_TIMEOUT("the set was created without timeout"),
  NO_COUNTERS("the set was created without counters"),
  NO_COMMENT("the set was created without comment"),
  NO_SKBINFO("the set was created without skbinfo");

  private final String text;

  SetResult(String text) {
    this.text = text;
  }

  /** The reason in words. */
  @Override
  public String toString() {
    return text;
  }
}
