package io.sluice.analysis.oracle;

import io.sluice.host.NetDevice;
import io.sluice.packet.PacketText;

/**
 * One packet of a {@link PacketDomain}.
 *
 * @param in the interface that a chain sees it come in by, or null
 * @param regular whether its transport header is there to be read: no later fragment, not cut short
 * @param state its number in {@link io.sluice.net.CtState}
 */
public record DomainPacket(NetDevice in, NetDevice out, byte[] bytes, boolean regular, int state, int mark, int connmark) {
  @Override
  public String toString() {
    return "in=" + in + " out=" + out + " " + PacketText.describe(bytes) + " ctstate " + state + " mark " + mark + " connmark " + connmark;
  }
}
