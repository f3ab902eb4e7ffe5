/**
 * Capture files: classic pcap and pcapng in, pcapng out.
 *
 * <pre>
 *   file ──▶ CaptureReader ──▶ Frame (bytes, time, interface, link type) ──▶ LinkLayer ──▶ IP packet
 *   IP packet ──▶ PcapngWriter ──▶ file
 * </pre>
 *
 * <p>Start at {@link io.sluice.packet.pcap.CaptureReader}. <b>Promise:</b> files are streamed, and whatever their bytes
 * are, reading ends with the end of the file or a {@link io.sluice.packet.pcap.CaptureException} that says at which byte;
 * what was read before is good.
 */
package io.sluice.packet.pcap;
