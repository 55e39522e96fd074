#!/bin/sh
# Fetches Prometheus, promtool and Alertmanager into .tools/prometheus, where mizzen and the tests look for them: Debian's packages, unpacked
# without being installed. Needs apt, and root only where apt has no lists yet. Does nothing where they are there.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$root/.tools/prometheus/usr/bin/promtool" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
packages="prometheus prometheus-alertmanager"
# shellcheck disable=SC2086 # two words are meant
apt-get download -qq $packages 2>/dev/null || { apt-get update -qq && apt-get download -qq $packages; }
for package in ./*.deb; do dpkg -x "$package" unpacked; done
# Debian's Alertmanager insists on its templates in /usr/share; in a path of the same length it finds them where it is started.
perl -pi -e 's{/usr/share/prometheus/alertmanager}{"." . "/" x 33}ge' unpacked/usr/bin/prometheus-alertmanager
mkdir -p "$root/.tools"
mv unpacked "$root/.tools/prometheus"
"$root/.tools/prometheus/usr/bin/prometheus" --version
