/**
 * Whole conversations through a simulated host: a client, a server that answers, and what the client would say of it.
 *
 * <pre>
 *   Question (who, from where, to what) ──▶ Conversation.play ──▶ Verdict sentence + Steps (packet, Outcome)
 * </pre>
 *
 * <p>Start at {@link io.sluice.conversation.Conversation}. The server stands where the client's first packet arrives, and
 * answers what it sees. <b>Elsewhere:</b> what the host does with each packet ({@code pipeline}).
 */
package io.sluice.conversation;
