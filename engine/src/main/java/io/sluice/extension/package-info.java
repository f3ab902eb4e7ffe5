/**
 * What a match or target extension is written against: its options, their arguments, printing and listing.
 *
 * <pre>
 *   rule text ──▶ Options (per extension: which were given, their arguments with columns)
 *             ──▶ MatchExtension.parse / TargetExtension.parse ──▶ Match / ExtensionTarget
 *             ──▶ print(RuleWriter) as iptables-save, list(ListingWriter) as iptables -L
 * </pre>
 *
 * <p>An extension that is not known is an {@link io.sluice.extension.UnknownMatch} or
 * {@link io.sluice.extension.UnknownTarget}, if the caller's {@link io.sluice.extension.UnknownPolicy} lets it in.
 * <b>Elsewhere:</b> splitting lines and finding out which extension an option belongs to ({@code text}).
 */
package io.sluice.extension;
