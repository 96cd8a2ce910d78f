#!/bin/sh
# SPDX-License-Identifier: MIT
# Downloads the pinned Debian source packages into build/deps/src; keeps only files whose sha256 is the pinned one.
# Without anything missing it touches no network.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
deps=$(cd "$here/../.." && pwd)/build/deps
. "$here/pins.sh"
. "$here/apt.sh"
APT_STATE=$deps/apt
log=$deps/log/fetch.log

# pinned NAME FOLDER: every pinned file is there and right.
pinned()
{
	pin_files "$1" >"$deps/src/.pins"
	( cd "$2" && sha256sum --check --quiet "$deps/src/.pins" ) >>"$log" 2>&1
}

fetch()
{
	name=$1
	version=$(pin_version "$name")
	rm -rf "$deps/src/partial"
	mkdir -p "$deps/src/partial"
	echo "  GET  $name $version"
	if ! ( cd "$deps/src/partial" &&
	    apt_private source --download-only --only-source "$name=$version" ) >"$log.apt" 2>&1; then
		cat "$log.apt" >>"$log"
		if grep -q 'Can not find version\|Unable to find a source' "$log.apt"; then
			die "the mirror no longer has $name $version; mend: make update-pins"
		fi
		die "cannot download $name: $(grep '^E:' "$log.apt" | head -n 1); mend: check the network, then run make again"
	fi
	cat "$log.apt" >>"$log"
	if ! pinned "$name" "$deps/src/partial"; then
		bad=$(grep ': FAILED' "$log" | tail -n 1 | cut -d: -f1)
		rm -rf "$deps/src/partial"
		die "${bad:-$name}: sha256 differs from the pinned one, nothing kept; mend: make update-pins, if the change is wanted"
	fi
	mv -f "$deps/src/partial"/* "$deps/src/"
	rmdir "$deps/src/partial"
}

mkdir -p "$deps/src" "$deps/log" "$deps/stamp"
exec 9>"$deps/src/.lock"
flock 9
: >"$log"
missing=
for name in $(pin_names); do
	pinned "$name" "$deps/src" || missing="$missing $name"
done
if [ -n "$missing" ]; then
	command -v dpkg-source >/dev/null || die "dpkg-source is missing; mend: make setup-run"
	apt_init
	apt_update >>"$log" 2>&1 || die "no Debian mirror gives its list of sources (see $log);" \
		"mend: make 'apt-get update' work, then run make again"
	: >"$log"
	for name in $missing; do
		fetch "$name"
	done
fi
touch "$deps/stamp/fetch"
