#!/bin/sh
# Builds Jaeger (all-in-one, in memory, without its page) into .tools/jaeger, where test/telemetry looks for it. Needs Go; takes minutes.
# usage: scripts/fetch-jaeger.sh [VERSION]   (default v1.65.0, the last with everything in one process and no configuration)
set -eu
version=${1:-v1.65.0}
root=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$root/.tools/jaeger" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$root/.tools"
cd "$work"
go mod init jaeger-build >/dev/null 2>&1
# As a tool of a module of its own: "go install" refuses modules with replace directives.
go get -tool "github.com/jaegertracing/jaeger/cmd/all-in-one@$version" >/dev/null 2>&1
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o jaeger github.com/jaegertracing/jaeger/cmd/all-in-one
mv jaeger "$root/.tools/jaeger"
