#!/bin/sh
# SPDX-License-Identifier: MIT
# What a compiler does not see: license lines and line lengths, in every file git knows or would add.
set -eu
cd "$(dirname "$0")/.."
status=0
files=$(git ls-files --cached --others --exclude-standard)
for file in $files; do
	[ -f "$file" ] || continue
	case $file in
	*.c | *.h | *.sh | *.mk | *.py | *.awk | Makefile | Kconfig | .ci/run)
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
			echo "$file:1: no SPDX-License-Identifier: MIT line" >&2
			status=1
		}
		awk -v file="$file" 'length($0) > 120 { print file ":" FNR ": over 120 characters"; bad = 1 }
			END { exit bad }' "$file" >&2 || status=1
		;;
	esac
done
exit $status
