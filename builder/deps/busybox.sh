# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree: defconfig with the lines of busybox.config put over it.
export KCONFIG_NOTIMESTAMP=1
set -- CC="$CC" HOSTCC=gcc
make "$@" defconfig
sed -n 's/^\(# \)\{0,1\}\(CONFIG_[A-Z0-9_]*\)[ =].*/\2/p' "$here/busybox.config" >ours
sed 's/.*/^\\(# \\)\\{0,1\\}&[ =]/' ours >ours.patterns
grep -v -f ours.patterns .config >rest
cat rest "$here/busybox.config" >.config
yes '' | make "$@" oldconfig
make -j"$jobs" "$@" busybox busybox.links
cp busybox "$out/busybox.new"
mv -f "$out/busybox.new" "$out/busybox"
cp busybox.links "$out/busybox.links"
