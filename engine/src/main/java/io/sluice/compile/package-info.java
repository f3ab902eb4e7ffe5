/**
 * Finds the rules that match a packet in a time that hardly depends on how many there are.
 *
 * <pre>
 *   Box, Box, Box ... ──▶ Classifier ─────────────▶ Evaluator ──────────────▶ leaf
 *   a rule's value sets    immutable, shared:        one a thread: memory of     what LeafResolver
 *   by field               nodes and classes of      packets, values and class   said the matching
 *                          each field, rules by      combinations; columns in,   rules mean
 *                          pairs of nodes            leaves out
 * </pre>
 *
 * <p>Start at {@link io.sluice.compile.Classifier#compile} and {@link io.sluice.compile.Evaluator}. <b>Promise:</b> the
 * rules found, and so the leaf, are those of asking one rule after the other, whatever the memory bound, the edits and
 * the number of threads; {@code ClassifierProperties} holds it to that, {@link io.sluice.compile.ClassifierVerifier}
 * checks what the arrays promise each other, {@link io.sluice.compile.Memo#isSound} that what is remembered is found again, and
 * {@code PictureTest} that the pictures here are what is in memory.
 * <b>Elsewhere:</b> what rules mean ({@code match}, {@code target}), rule by rule evaluation ({@code walk}).
 *
 * <h2>Why this structure</h2>
 *
 * It is a lazy automaton, as regular expressions have them: each field's values fall into classes (Lakshman and
 * Stiliadis, SIGCOMM 1998), and the answer to a combination of classes is found when a packet first shows it. Three
 * decisions differ from the usual way, which is recursive flow classification (Gupta and McKeown, SIGCOMM 1999).
 *
 * <p><b>No tree of pairwise products.</b> Recursive flow classification joins classes two by two, and each join is a table
 * to be read. Classes of all fields side by side fit one long for every rule set met so far (45 to 49 bits at 100,000
 * rules), so that one probe takes the place of four; {@link io.sluice.compile.NarrowLeafMemo} holds key and leaf in the
 * same eight bytes. A tree shares more between combinations, which would matter if a miss were dear; but see next.
 *
 * <p><b>No rule sets in classes.</b> A join must intersect the rules of two classes, and so classes must hold them: as bits
 * 2.5 gigabytes at 100,000 rules and 15 microseconds a miss, as lists up to 261 million numbers for one field. Here a
 * class holds nothing. Prefixes nest, so the rules of a value are those of its node and the node's ancestors, and a miss
 * asks a hash table for every pair of ancestors in the two most telling fields ({@link io.sluice.compile.PairIndex},
 * after the cross-producting of Srinivasan, Varghese, Suri and Waldvogel, SIGCOMM 1998), and where many rules are under one
 * pair, for the ancestors in a third ({@link io.sluice.compile.LongLists}). All of it is linear in the rules, 11 to 16
 * megabytes at 100,000, and a miss costs one to two microseconds.
 *
 * <p><b>Values are remembered, not only classes.</b> A trie of 16, 8 and 8 bits needs three dependent reads an address, and
 * at 100,000 rules 105 megabytes for two fields, since hosts of one network differ in class and so no two nodes are
 * equal. A bounded memory of the addresses seen ({@link io.sluice.compile.ValueMemo}) takes one read, and one of pairs of
 * addresses with the classes of the rest ({@link io.sluice.compile.PacketMemo}) takes one for the whole packet. Both are
 * honest only as far as traffic repeats: where it does not, an evaluator still has classes, and where classes do not
 * repeat either it has a miss. The benchmarks show cold traffic beside warm for that reason. Where rules name so few addresses that
 * comparing with all bounds takes no longer ({@link io.sluice.compile.FieldBounds}), nothing is remembered of them.
 *
 * <h2>What lost</h2>
 *
 * <ul>
 *   <li>Two places for each entry, both read and one chosen without a branch, to be rid of mispredicted second probes:
 *       3.6 ns a field instead of 1.8 at 1,000 rules, no gain at 100,000.
 *   <li>A pass that touches the slots of a block before the pass that compares: 1 to 2 ns slower up to 10,000 rules, no
 *       gain at 100,000; the processor finds that overlap by itself in loops of twenty instructions.
 *   <li>The class path without the memory of packets: 9.5 / 10.1 / 11.9 ns where that has 7.5 / 8.4 / 8.1 (access list,
 *       firewall, {@code ipchains} set of 1,000 rules), 13.2 / 15.5 / 14.3 where it has 11.1 / 11.1 / 10.6 (10,000).
 *   <li>One hash table of pairs and one row of code for all rules, copied at every edit, and new classes for all nodes inside
 *       the block of a rule that is added: 22 to 34 ms at 100,000 rules, and two collections in 30 edits that take 150 and
 *       more. With blocks of 1,024 rules, changed pairs beside the others and fields shared that tell the set already an edit
 *       copies the positions, 0.4 MB. Numbering all classes anew took 110 ms.
 * </ul>
 */
package io.sluice.compile;
