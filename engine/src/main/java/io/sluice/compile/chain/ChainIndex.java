package io.sluice.compile.chain;

import io.sluice.compile.BoxBits;
import io.sluice.compile.Classifier;
import io.sluice.netfilter.Family;
import java.util.List;

/** How the slots of a {@link ChainProgram} that match a packet are found. Immutable. */
final class ChainIndex {
  final Family family;
  final List<Dimension> dimensions;
  /** Slots by position. */
  final Classifier classifier;
  /** Whether packets must be classified again after this slot: it changes what later ones read. */
  final boolean[] reclassifies;
  /** {@link io.sluice.ruleset.Field} bits of what any slot confines, and of what any changes; of slots that are gone, too. */
  final int reads;
  final int changes;
  /** How many boxes were added and removed since all were compiled together. */
  final int edits;
  /** Null until somebody asks. */
  private BoxBits bits;

  ChainIndex(Family family, List<Dimension> dimensions, Classifier classifier, boolean[] reclassifies, int reads, int changes,
      int edits) {
    this.family = family;
    this.dimensions = dimensions;
    this.classifier = classifier;
    this.reclassifies = reclassifies;
    this.reads = reads;
    this.changes = changes;
    this.edits = edits;
  }

  /** This index with more dimensions behind those that it has, which {@code all} begins with. */
  ChainIndex with(List<Dimension> all) {
    Classifier wider = classifier;
    for (Dimension dimension : all.subList(dimensions.size(), all.size())) {
      wider = wider.with(dimension.toField(family));
    }
    return wider == classifier ? this : new ChainIndex(family, all, wider, reclassifies, reads, changes, edits);
  }

  /** The boxes by bits. Two threads may each make the same, which does no harm. */
  BoxBits bits() {
    BoxBits made = bits;
    if (made == null) {
      made = BoxBits.of(classifier, classifier.inOrder());
      bits = made;
    }
    return made;
  }

  /** By bits, the boxes behind which nothing matters for a packet that is in them; of at most 64. */
  long finals() {
    long finals = 0;
    for (int slot = 0; slot < classifier.size(); slot++) {
      finals |= classifier.isFinal(classifier.idAt(slot)) ? 1L << slot : 0;
    }
    return finals;
  }

  PacketFields fields() {
    return new PacketFields(family, dimensions, reads);
  }

  long bytes() {
    return classifier.bytes() + reclassifies.length;
  }
}
