/**
 * Nodes of clusters of any size, made up: the rules that kube-proxy writes in its iptables mode.
 *
 * <pre>
 *   Cluster (services, endpoints, seed) ──▶ KubeProxyRules ──▶ iptables.save
 *                                       ──▶ KubeNode, the command: a directory of dumps
 * </pre>
 *
 * <p>Start at {@link io.sluice.corpus.kube.KubeNode}. What each chain is for is told in kube-proxy's own documentation,
 * "Virtual IPs and Service Proxies", and in pkg/proxy/iptables/proxier.go of Kubernetes.
 */
package io.sluice.corpus.kube;
