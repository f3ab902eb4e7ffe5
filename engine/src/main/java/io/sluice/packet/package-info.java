/**
 * Packets as bytes and header fields, and nothing of what happens to them.
 *
 * <pre>
 *   pcap file ──▶ frames ──▶ Packet (bytes + parsed fields, mutable) ──▶ bytes ──▶ pcap file
 * </pre>
 *
 * <p>Start at {@link io.sluice.packet.Packet}. <b>Promise:</b> whatever the bytes are, parsing neither throws nor reads
 * outside them; a setter keeps every checksum that was right, right. <b>Elsewhere:</b> devices and routes ({@code host}),
 * connections ({@code conntrack}), the packet on its way through the kernel ({@code net.SkBuff}).
 */
package io.sluice.packet;
