#!/bin/sh
# Synthesizes both modes and has AWS's own linter read the templates. Needs python3; everything it makes is under .cache.
# W3005 is the CDK's own doing: it names dependencies that a reference implies already.
set -eu
cd "$(dirname "$0")/../.."
linter=.cache/cfn-lint-1.51.0

if [ ! -x "$linter/bin/cfn-lint" ]; then
  python3 -m venv "$linter"
  "$linter/bin/pip" install --quiet --disable-pip-version-check cfn-lint==1.51.0
fi

for mode in demo attach; do
  node --import tsx test/tools/template.ts "$mode" > ".cache/$mode.template.json"
  "$linter/bin/cfn-lint" --ignore-checks W3005 --template ".cache/$mode.template.json"
  echo "cfn-lint: $mode has no finding"
done
