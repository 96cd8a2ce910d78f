#!/bin/sh
# SPDX-License-Identifier: MIT
# Bytes of what is shipped, as lines `figure NAME VALUE UNIT` that a script can compare from commit to commit.
set -eu
cd "$(dirname "$0")/.."

bytes()
{
	stat -c %s "$1"
}

for program in ingot_init:ingot-init ingot_stub:ingot-stub ingotctl:ingotctl ingot:ingot busybox:busybox; do
	file=build/${program#*:}
	[ -f "$file" ] || continue
	echo "figure ${program%%:*}_bytes $(bytes "$file") bytes"
done

# The smallest image: built apart from out/, so that its size never comes from an older build.
if [ -f images/minimal.yml ] && [ -x build/ingot ]; then
	rm -rf build/size
	build/ingot build images/minimal.yml -o build/size >/dev/null
	initramfs=$(find build/size -name '*.cpio.zst' | head -n 1)
	echo "figure minimal_initramfs_bytes_without_modules $(bytes "$initramfs") bytes"
fi
