#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh SECTION...: installs what this computer lacks of those sections of host-packages; silent when all is there.
# setup.sh --check SECTION...: only says what is missing, exit 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
check=
if [ "$1" = --check ]; then
	check=1
	shift
fi

fail()
{
	echo "setup: $*" >&2
	exit 1
}

# Another distribution has no dpkg: the tools are its user's business.
command -v dpkg-query >/dev/null || exit 0

wanted=$(awk -v sections=" $* " '
	/^# [a-z]+$/ { take = index(sections, " " $2 " ") }
	/^[^#]/ && take { print $1 }
' "$here/host-packages")
# shellcheck disable=SC2086
have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p') || :
missing=
for package in $wanted; do
	case "
$have
" in
	*"
$package
"*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0
[ -z "$check" ] || fail "missing packages:$missing; mend: make setup-run"

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || fail "missing packages:$missing; mend: install them as root, sudo is not there"
	sudo=sudo
fi
echo "setup: apt-get install --no-install-recommends$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -q update </dev/null >"$log" 2>&1 || :
# shellcheck disable=SC2086
if ! $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends $missing </dev/null >>"$log" 2>&1; then
	why=$(sed -n 's/^E: *//p' "$log" | head -n 1)
	fail "apt-get cannot install$missing: ${why:-it gave no reason}; mend: check the network and 'apt-get update'"
fi
