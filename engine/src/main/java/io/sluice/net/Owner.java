package io.sluice.net;

/** The socket that a locally generated packet belongs to, as {@code -m owner} sees it: user and group id. */
public record Owner(long uid, long gid) {}
