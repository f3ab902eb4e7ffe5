package io.sluice.corpus.kube;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a cluster offers.
 *
 * @param services in the order of their names
 */
record Cluster(List<Service> services) {
  /** The network of all pods. */
  static final String PODS = "10.244.0.0/16";

  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int HASH_LENGTH = 16;
  private static final int PODS_MAX = 63_000;
  private static final int NODE_PORT = 30_000;
  private static final int NODE_PORTS = 2768;
  private static final int[] PORTS = {80, 443, 53, 8080, 9090, 5432, 6379};

  /** Percent of services that are so. */
  private static final int UDP = 10;
  private static final int EXTERNAL = 5;
  private static final int STICKY = 5;
  private static final int DOWN = 3;

  /**
   * A service's port.
   *
   * @param name namespace, name and port's name
   * @param hash the sixteen characters in its chains' names
   * @param protocol tcp or udp
   * @param nodePort the port at which every node offers it; 0 for none
   * @param sticky whether a client keeps its endpoint for three hours ({@code sessionAffinity: ClientIP})
   * @param endpoints the pods that answer; none where the service is down
   */
  record Service(
      String name, String hash, String address, String protocol, int port, int nodePort, boolean sticky, List<Endpoint> endpoints) {}

  /** A pod's address and port, and the hash in its chain's name. */
  record Endpoint(String hash, String address, int port) {}

  /** The same for the same arguments: so many services, with {@code endpoints} pods each, or about so many where varied. */
  static Cluster of(int services, int endpoints, boolean varied, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Service> out = new ArrayList<>();
    int nodePorts = 0;
    int pod = 0;
    for (int i = 0; i < services; i++) {
      int count = !varied ? endpoints : random.nextInt(100) < DOWN ? 0 : 1 + random.nextInt(2 * endpoints - 1);
      int target = 1024 + random.nextInt(9000);
      List<Endpoint> pods = new ArrayList<>();
      for (int n = 0; n < count; n++) {
        pods.add(new Endpoint(hash(random), pod(pod++ % PODS_MAX), target));
      }
      boolean external = varied && nodePorts < NODE_PORTS && random.nextInt(100) < EXTERNAL;
      out.add(new Service("ns-" + i / 100 + "/service-" + i + ":http", hash(random), "10." + (96 + i / 65_536) + "." + i / 256 % 256
          + "." + i % 256, varied && random.nextInt(100) < UDP ? "udp" : "tcp", PORTS[i % PORTS.length],
          external ? NODE_PORT + nodePorts++ : 0, varied && random.nextInt(100) < STICKY, pods));
    }
    return new Cluster(out);
  }

  private static String pod(int number) {
    return "10.244." + number / 250 + "." + (2 + number % 250);
  }

  private static String hash(SplittableRandom random) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < HASH_LENGTH; i++) {
      out.append(BASE32.charAt(random.nextInt(BASE32.length())));
    }
    return out.toString();
  }
}
