package io.sluice.netfilter;

/** What a rule, a chain or a hook function says of a packet. */
public enum Verdict {
  /** NF_DROP: the packet ends here. */
  DROP,
  /** NF_ACCEPT: the packet goes on to the next base chain. */
  ACCEPT,
  /** NF_STOLEN: somebody else has the packet now (defragmentation waiting for the rest, SYNPROXY). */
  STOLEN,
  /** NF_QUEUE: handed to a program in user space. */
  QUEUE,
  /** NF_QUEUE with NF_VERDICT_FLAG_QUEUE_BYPASS: as nobody listens, the packet goes on behind the hook function that said it. */
  BYPASS,
  /** NF_REPEAT: the hook function asks to be called again. */
  REPEAT,
  /** XT_CONTINUE: go on with the next rule of this chain. Never leaves a table. */
  CONTINUE,
  /** XT_RETURN: go back to the calling chain, in a base chain to the policy. Never leaves a table. */
  RETURN
}
