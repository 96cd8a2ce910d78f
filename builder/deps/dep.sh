#!/bin/sh
# SPDX-License-Identifier: MIT
# dep.sh NAME: builds one pinned source package with musl-gcc by running NAME.sh in its unpacked tree.
# A stamp keeps a digest of the pins and scripts: the same digest means nothing to do.
set -eu
umask 022
name=$1
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$here/../.." && pwd)/build
deps=$build/deps
. "$here/pins.sh"
log=$deps/log/$name.log
work=$deps/work/$name
stamp=$deps/stamp/$name

# libarchive is compiled against the headers of three others.
key()
{
	case $name in
	libarchive) pin_files zlib xz-utils libzstd libarchive ;;
	*) pin_files "$name" ;;
	esac
	cat "$here/dep.sh" "$here/$name.sh"
	[ ! -f "$here/$name.config" ] || cat "$here/$name.config"
}

fail()
{
	echo "deps: $name does not build; the log ends with:" >&2
	tail -n 20 "$log" >&2
	echo "deps: whole log: $log" >&2
	exit 1
}

# busybox alone has its results outside build/deps, where someone may delete them.
present()
{
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && { [ "$name" != busybox ] || [ -f "$build/busybox" ]; }
}

# What NAME.sh sees. Nothing of the caller's compiler settings or make flags may reach a library.
build_one()
{
	unset CPPFLAGS LDFLAGS LIBS MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES V O DEV PKG_CONFIG_PATH || :
	out=$build jobs=$(nproc)
	export deps out jobs here
	export LC_ALL=C TZ=UTC HOME="$work" CC="musl-gcc -idirafter $deps/kernel-headers"
	export CFLAGS="-O2 -ffunction-sections -fdata-sections -ffile-prefix-map=$work=."
	rm -rf "$work"
	mkdir -p "$work"
	cd "$work"
	dpkg-source --no-check -x "$deps/src/${name}_$(pin_version "$name" | sed 's/^[0-9]*://').dsc" src
	cd src
	sh -eux "$here/$name.sh"
}

command -v musl-gcc >/dev/null || die "musl-gcc is missing; mend: make setup-run"
mkdir -p "$deps/include" "$deps/lib" "$deps/log" "$deps/stamp"
exec 9>"$stamp.lock"
flock 9
key=$(key | sha256sum)
if present; then
	touch "$stamp"
	exit 0
fi
echo "  DEP  $name $(pin_version "$name" | sed 's/^[0-9]*://')"
rm -f "$stamp"
( build_one ) >"$log" 2>&1 9>&- || fail
rm -rf "$work"
echo "$key" >"$stamp"
