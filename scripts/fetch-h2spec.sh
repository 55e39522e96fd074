#!/bin/sh
# Builds h2spec, the conformance test of HTTP/2 servers, into .tools/h2spec, where test/http2 looks for it. Needs Go.
# usage: scripts/fetch-h2spec.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/.tools"
GOBIN="$root/.tools" GOFLAGS=-mod=mod go install github.com/summerwind/h2spec/cmd/h2spec@latest
"$root/.tools/h2spec" --version
