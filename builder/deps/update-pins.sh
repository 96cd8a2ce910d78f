#!/bin/sh
# SPDX-License-Identifier: MIT
# Moves debian.lock to the newest versions the mirror has. A new or changed orig tarball is a new upstream version:
# it is written to orig.sha256 too, but said loudly. apt has checked every file against the signed index.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
deps=$(cd "$here/../.." && pwd)/build/deps
. "$here/pins.sh"
. "$here/apt.sh"
APT_STATE=$deps/apt
tmp=$deps/src/update
log=$deps/log/update-pins.log

sha()
{
	sha256sum "$1" | cut -d' ' -f1
}

mkdir -p "$deps/log"
rm -rf "$tmp"
mkdir -p "$tmp"
apt_init
apt_update >"$log" 2>&1 || die "no Debian mirror gives its list of sources (see $log); mend: make 'apt-get update' work"
grep '^#' "$here/debian.lock" >"$tmp/debian.lock"
grep '^#' "$here/orig.sha256" >"$tmp/orig.sha256" || :
for name in $(pin_names); do
	mkdir "$tmp/$name"
	( cd "$tmp/$name" && apt_private source --download-only --only-source "$name" ) >>"$log" 2>&1 ||
		die "cannot download $name (see $log)"
	dsc=$(echo "$tmp/$name"/*.dsc)
	version=$(sed -n 's/^Version: //p' "$dsc")
	echo "$name $version $(sha "$dsc") $(sha "$tmp/$name"/*.debian.tar.xz)" >>"$tmp/debian.lock"
	[ "$version" = "$(pin_version "$name")" ] || echo "$name: $(pin_version "$name") -> $version"
	for orig in "$tmp/$name"/*.orig*.tar.*; do
		case $orig in *.asc) continue ;; esac
		line="$(sha "$orig")  $(basename "$orig")"
		echo "$line" >>"$tmp/orig.sha256"
		grep -qxF "$line" "$here/orig.sha256" ||
			echo "WARNING: NEW UPSTREAM TARBALL $line: read it before you commit orig.sha256" >&2
	done
done
for file in debian.lock orig.sha256; do
	cmp -s "$tmp/$file" "$here/$file" || cp "$tmp/$file" "$here/$file"
done
rm -rf "$tmp"
