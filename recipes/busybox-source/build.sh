# SPDX-License-Identifier: MIT
# Run in the build step of recipe.yml: defconfig with the lines of busybox.config put over it, built with musl.
export KCONFIG_NOTIMESTAMP=1

# musl-gcc searches no kernel headers by itself, and busybox wants mtd/ too.
mkdir headers
for d in linux mtd asm-generic; do ln -s "/usr/include/$d" headers/; done
ln -s /usr/include/x86_64-linux-gnu/asm headers/asm

mkdir src
tar -xf /in/busybox/busybox_*.orig.tar.* --no-same-owner --strip-components=1 -C src
tar -xf /in/busybox/busybox_*.debian.tar.* --no-same-owner -C src
cd src
sed '/^#/d; /^$/d' debian/patches/series | while read -r p; do patch -s -p1 <"debian/patches/$p"; done

make="make CC='musl-gcc -idirafter /build/headers' HOSTCC=gcc"
eval "$make defconfig"
sed -n 's/^\(# \)\{0,1\}\(CONFIG_[A-Z0-9_]*\)[ =].*/\2/p' /in/busybox.config >ours
sed 's/.*/^\\(# \\)\\{0,1\\}&[ =]/' ours >ours.patterns
grep -v -f ours.patterns .config >rest
cat rest /in/busybox.config >.config
yes '' | eval "$make oldconfig"
eval "$make -j$(nproc) busybox busybox.links"

cp busybox /out/busybox
while read -r link; do
	mkdir -p "/out/links${link%/*}"
	ln -s /bin/busybox "/out/links$link"
done <busybox.links
