#!/bin/sh
# SPDX-License-Identifier: MIT
# Bytes of what is shipped, as lines `figure NAME VALUE UNIT` that a script can compare from commit to commit.
set -eu
cd "$(dirname "$0")/.."
: "${INGOT_CACHE:=out/.cache}"
export INGOT_CACHE

figure()
{
	echo "figure $1 $(stat -c %s "$2") bytes"
}

figure ingot_init_bytes build/ingot-init
figure ingot_stub_bytes build/ingot-stub
figure ingot_log_bytes build/ingot-log
figure ingot_pack_bytes build/ingot-pack
figure ingotctl_bytes build/ingotctl
figure ingot_net_bytes build/ingot-net
figure ingot_bytes build/ingot
figure busybox_bytes build/busybox

# Built apart from out/, so that no size comes from an older build. Without modules is what the image itself weighs,
# whatever the kernel keeps outside itself.
rm -rf build/size
mkdir -p build/size/images
cp images/minimal.yml build/size/images/
cp -r recipes build/size/recipes
build/ingot build -q build/size/images/minimal.yml -o build/size/with >/dev/null
figure minimal_initramfs_bytes build/size/with/minimal/initramfs.cpio.zst
sed -i '/^  modules:/d' build/size/recipes/kernel-cloud.yml
build/ingot build -q build/size/images/minimal.yml -o build/size/without >/dev/null
figure minimal_initramfs_bytes_without_modules build/size/without/minimal/initramfs.cpio.zst
