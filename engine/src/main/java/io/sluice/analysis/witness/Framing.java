package io.sluice.analysis.witness;

import io.sluice.packet.EthernetHeader;

/**
 * The frames of a lane.
 *
 * @param port the interface that gets them: the lane's in-interface, or one of its ports
 * @param back where those that answer come from, if the lane leads back out of its in-interface: that one, or one of its ports
 * @param forth the header of those that go with the lane
 * @param answer the header of those that come back to {@code back}
 */
record Framing(String port, String back, EthernetHeader forth, EthernetHeader answer) {}
