#!/bin/sh
# Builds helm into .tools/helm, where test/kubernetes/helm.test.ts looks for it: the Go module, by its proxy. Does nothing where it is there.
# usage: scripts/fetch-helm.sh [VERSION]   (default v3.22.0)
set -eu
version=${1:-v3.22.0}
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -x "$root/.tools/helm" ]; then exit; fi
mkdir -p "$root/.tools"
GOBIN="$root/.tools" CGO_ENABLED=0 go install "helm.sh/helm/v3/cmd/helm@$version"
