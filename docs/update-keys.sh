#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the reference of the keys, as build/ingot prints it from its key tables, into docs/ingot.yml.5. With --check it
# only says whether the page has it.
set -eu
cd "$(dirname "$0")/.."
page=docs/ingot.yml.5
new=build/ingot.yml.5
build/ingot keys >build/keys.troff
awk '
	/^\.\\" end of keys/ { skip = 0 }
	!skip { print }
	/^\.\\" keys:/ { skip = 1; while ((getline line <"build/keys.troff") > 0) print line }
' "$page" >"$new"
if cmp -s "$new" "$page"; then
	exit 0
fi
if [ "${1:-}" = --check ]; then
	echo "$page is older than the key tables: run make docs" >&2
	exit 1
fi
cp "$new" "$page"
echo "$page"
