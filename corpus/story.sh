#!/bin/sh
# Builds Sluice and plays the story that it exists for on the recorded hosts: the same "publish 8080", with Docker and with
# Podman/CNI, seen from outside and from the host itself, and the two fixes.
set -eu
cd "$(dirname "$0")/.."
mvn -B -ntp -q -pl engine -am package -DskipTests
for host in docker podman-cni0 podman-cni0-narrow podman-cni0-broad; do
  for from in eth0 local; do
    printf '%-20s from %-6s ' "$host" "$from"
    java -jar engine/target/sluice.jar connect "corpus/hosts/$host" --in "$from" --to 198.51.100.10:8080 --brief || true
  done
done
