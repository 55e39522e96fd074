#!/bin/sh
# Fetches Prometheus, promtool and Alertmanager into .tools/prometheus, where mizzen and the tests look for them: Debian's packages, unpacked
# without being installed. Needs apt (with its lists: apt-get update) and no root. Does nothing where they are there.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$root/.tools/prometheus/usr/bin/promtool" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq prometheus prometheus-alertmanager
for package in ./*.deb; do dpkg -x "$package" unpacked; done
# Debian's Alertmanager insists on its templates in /usr/share; in a path of the same length it finds them where it is started.
perl -pi -e 's{/usr/share/prometheus/alertmanager}{"." . "/" x 33}ge' unpacked/usr/bin/prometheus-alertmanager
mkdir -p "$root/.tools"
mv unpacked "$root/.tools/prometheus"
"$root/.tools/prometheus/usr/bin/prometheus" --version
