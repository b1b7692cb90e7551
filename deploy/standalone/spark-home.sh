#!/usr/bin/env bash
# Makes DIR a SPARK_HOME of links to the jars that Maven fetched: spark-home.sh DIR
# Only what a Spark installation has too: the application's own libraries have to come with the application.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
home="${1:?usage: spark-home.sh DIR}"
mkdir -p "$home/jars" "$home/bin"
IFS=: read -r -a class_path <<<"$(<"$here/../../jobs/target/classpath")"
for jar in "${class_path[@]}"; do
  case "$jar" in
    */ai/djl/* | */net/java/dev/jna/* | */info/picocli/* | */com/typesafe/* | */org/freemarker/* | */org/jspecify/*) ;;
    *) ln -sf "$jar" "$home/jars/" ;;
  esac
done
ln -sf "$here/bin/spark-class" "$here/bin/spark-submit" "$home/bin/"
