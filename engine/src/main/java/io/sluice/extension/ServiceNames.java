package io.sluice.extension;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Port numbers by service name: what getservbyname() answers from a services file. Immutable. */
public final class ServiceNames {
  private static final ServiceNames COMMON = new ServiceNames(common());

  private final Map<String, Integer> ports;

  /** @param ports by {@code name/protocol}, as in {@code ssh/tcp} */
  public ServiceNames(Map<String, Integer> ports) {
    this.ports = Map.copyOf(ports);
  }

  /** The names that rule sets commonly use, numbers as assigned by IANA, for when no services file is given. */
  public static ServiceNames builtIn() {
    return COMMON;
  }

  /** The port of a service; without {@code protocol} (empty) that of the first of tcp, udp, sctp, dccp which has it. */
  public Optional<Integer> port(String name, String protocol) {
    if (!protocol.isEmpty()) {
      return Optional.ofNullable(ports.get(name + "/" + protocol));
    }
    for (String p : new String[] {"tcp", "udp", "sctp", "dccp"}) {
      Integer port = ports.get(name + "/" + p);
      if (port != null) {
        return Optional.of(port);
      }
    }
    return Optional.empty();
  }

  private static Map<String, Integer> common() {
    String both = "echo 7 discard 9 daytime 13 chargen 19 ssh 22 time 37 domain 53 kerberos 88 sunrpc 111 ntp 123 "
        + "netbios-ns 137 netbios-dgm 138 netbios-ssn 139 snmp 161 snmp-trap 162 snmptrap 162 ldap 389 https 443 "
        + "microsoft-ds 445 ldaps 636 openvpn 1194 radius 1812 radius-acct 1813 l2f 1701 nfs 2049 sip 5060 sip-tls 5061 "
        + "mdns 5353 http-alt 8080 mysql 3306 postgresql 5432 ms-sql-s 1433 ms-sql-m 1434 x11 6000 rtsp 554 "
        + "cisco-sccp 2000 iax 4569 pcanywhere-data 5631 http 80 xmpp-client 5222 xmpp-server 5269 svn 3690 git 9418 ";
    String tcp = "tcpmux 1 systat 11 netstat 15 qotd 17 ftp-data 20 ftp 21 telnet 23 smtp 25 mail 25 whois 43 tacacs 49 "
        + "gopher 70 finger 79 www 80 pop2 109 pop3 110 auth 113 ident 113 nntp 119 epmap 135 imap2 143 imap 143 bgp 179 irc 194 "
        + "submissions 465 urd 465 ssmtp 465 smtps 465 exec 512 login 513 shell 514 printer 515 uucp 540 submission 587 "
        + "ipp 631 rsync 873 ftps-data 989 ftps 990 telnets 992 imaps 993 pop3s 995 socks 1080 "
        + "pptp 1723 cvspserver 2401 webcache 8080 munin 4949 nut 3493 amqp 5672 amqps 5671 ircd 6667 ircs-u 6697 "
        + "redis 6379 docker 2375 ms-wbt-server 3389 rdp 3389 vnc 5900 mongodb 27017 bacula-dir 9101 bacula-fd 9102 bacula-sd 9103 ";
    String udp = "bootps 67 bootpc 68 tftp 69 gdomap 538 isakmp 500 biff 512 who 513 syslog 514 route 520 "
        + "dhcpv6-client 546 dhcpv6-server 547 ipsec-nat-t 4500 ";
    Map<String, Integer> ports = new HashMap<>();
    learn(ports, both, "tcp");
    learn(ports, both, "udp");
    learn(ports, tcp, "tcp");
    learn(ports, udp, "udp");
    return ports;
  }

  private static void learn(Map<String, Integer> ports, String pairs, String protocol) {
    String[] words = pairs.trim().split(" ");
    for (int i = 0; i < words.length; i += 2) {
      ports.put(words[i] + "/" + protocol, Integer.valueOf(words[i + 1]));
    }
  }
}
