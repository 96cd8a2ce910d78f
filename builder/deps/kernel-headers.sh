#!/bin/sh
# SPDX-License-Identifier: MIT
# musl-gcc sees musl's headers only: one folder with links to the kernel's, for -idirafter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../../build/deps/kernel-headers
if ! [ -e /usr/include/linux/version.h ]; then
	echo "deps: the kernel's headers are missing; mend: make setup-run" >&2
	exit 1
fi
rm -rf "$dir"
mkdir -p "$dir"
for name in linux asm-generic mtd misc sound video rdma drm; do
	[ ! -d "/usr/include/$name" ] || ln -s "/usr/include/$name" "$dir/$name"
done
asm=/usr/include/asm
[ -d "$asm" ] || asm=/usr/include/$(gcc -print-multiarch)/asm
ln -s "$asm" "$dir/asm"
mkdir -p "$dir/../stamp"
touch "$dir/../stamp/kernel-headers"
