package io.sluice.net;

import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;

/**
 * Where a packet is in the rules just now, for matches and targets (struct xt_action_param, struct nf_hook_state).
 * One object a table traversal, reused.
 */
public final class ActionParam {

  /** Which kernel back end runs the rules: they differ in a few answers, such as cut-short headers. */
  public enum Backend {
    LEGACY,
    NFT
  }

  private final Net net;
  private Family family;
  private Hook hook;
  private String table;
  private NetDevice in;
  private NetDevice out;
  private Backend backend;
  private boolean hotdrop;
  private Object state;

  public ActionParam(Net net) {
    this.net = net;
  }

  /** Begins a traversal. */
  public void enter(Family family, Hook hook, String table, Backend backend, NetDevice in, NetDevice out) {
    this.family = family;
    this.hook = hook;
    this.table = table;
    this.backend = backend;
    this.in = in;
    this.out = out;
    this.hotdrop = false;
    this.state = null;
  }

  /** The namespace: clock, routing, conntrack, sets, other live state. */
  public Net net() {
    return net;
  }

  public Family family() {
    return family;
  }

  public Hook hook() {
    return hook;
  }

  /** The table's name, such as {@code filter}. */
  public String table() {
    return table;
  }

  public Backend backend() {
    return backend;
  }

  /** The in-interface of this hook; null in OUTPUT and POSTROUTING. */
  public NetDevice in() {
    return in;
  }

  /** The out-interface of this hook; null in PREROUTING and INPUT. */
  public NetDevice out() {
    return out;
  }

  /** par->hotdrop: a match found the packet unfit; it is dropped at once and no counter moves. */
  public boolean hotdrop() {
    return hotdrop;
  }

  public void setHotdrop() {
    hotdrop = true;
  }

  public void clearHotdrop() {
    hotdrop = false;
  }

  /** What the match or target that is being asked remembers between packets: what its {@code newState} returned. */
  public Object state() {
    return state;
  }

  public void setState(Object state) {
    this.state = state;
  }
}
