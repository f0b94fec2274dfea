#!/bin/sh
# Synthesizes both modes, each way out of a VPC and nested stacks, and has AWS's own linter read the templates. Needs python3; everything it makes is under .cache.
# W3005 is the CDK's own doing: it names dependencies that a reference implies already.
set -eu
cd "$(dirname "$0")/../.."
linter=.cache/cfn-lint-1.51.0

if [ ! -x "$linter/bin/cfn-lint" ]; then
  python3 -m venv "$linter"
  "$linter/bin/pip" install --quiet --disable-pip-version-check cfn-lint==1.51.0
fi

node --import tsx test/tools/templates.ts .cache/templates
for template in .cache/templates/*; do
  "$linter/bin/cfn-lint" --ignore-checks W3005 --template "$template"
  echo "cfn-lint: ${template##*/} has no finding"
done
